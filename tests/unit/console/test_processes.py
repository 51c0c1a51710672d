"""Whose processes these are, tried on real ones."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.console.stack.processes import end, end_child, owned, stamp

READY = "echo ready; exec sleep 600"
DISTRACTED = "trap 'trap \"exit 7\" TERM' TERM; echo ready; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 1; done"


@contextmanager
def running(script: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A shell that has begun its work, killed in the end."""
    process = subprocess.Popen(
        ["sh", "-c", script], env={**os.environ, **environment}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_only_what_carries_the_stamp_of_this_folder_is_ended(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with running(READY, stamp(here, "1")) as ours, running(READY, stamp(there, "2")) as other:
        assert [process.pid for process in owned(here)] == [ours.pid]
        assert end(here) == [ours.pid]
        assert ours.wait(5) != 0
        assert other.poll() is None
        assert owned(here) == []


def test_naming_the_folder_in_ones_own_shell_makes_nobody_ours(tmp_path: Path) -> None:
    with running(READY, {"HAOPING_STATE": str(tmp_path)}) as shell:
        assert end(tmp_path) == []
        assert shell.poll() is None


def test_what_does_not_listen_is_ended_without_being_asked_again(tmp_path: Path) -> None:
    with running(STUBBORN, stamp(tmp_path, "1")) as stubborn:
        assert stubborn.pid in end(tmp_path, patience=0.3)
        assert stubborn.wait(5) != 0
        assert owned(tmp_path) == []


def test_nothing_left_is_nothing_ended(tmp_path: Path) -> None:
    assert end(tmp_path) == []


def test_a_child_that_did_not_hear_is_asked_once_more() -> None:
    with running(DISTRACTED, {}) as distracted:
        assert end_child(distracted, patience=0.3)
        assert distracted.returncode == 7


def test_a_child_that_never_listens_is_killed_and_that_is_told() -> None:
    with running(STUBBORN, {}) as stubborn:
        assert not end_child(stubborn, patience=0.1)
        assert stubborn.returncode == -signal.SIGKILL
