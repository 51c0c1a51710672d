"""Waiting for conditions, and the last words of what failed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from services.console.stack import StackFailed
from services.console.stack.failure import TAIL_LINES, last_lines
from services.console.stack.ports import LOOPBACK
from services.console.stack.waiting import accepts, wait_until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with more lines than anybody wants to read."""
    path = tmp_path / "store.log"
    path.write_text("\n".join(f"line {number}" for number in range(1000)))
    return path


def refuse() -> None:
    """A probe that never succeeds."""
    raise ConnectionRefusedError("nobody there")


def succeed_at_last(attempts: Iterator[int]) -> str:
    """A probe that succeeds when its patience is used up."""
    if next(attempts, 0):
        refuse()
    return "ready"


def test_a_probe_is_repeated_until_it_succeeds(log: Path) -> None:
    probe = partial(succeed_at_last, iter([2, 1]))
    assert wait_until(probe, "store", 5, log, lambda: False) == "ready"


def test_what_ended_is_not_waited_for_and_its_last_lines_are_quoted(log: Path) -> None:
    with pytest.raises(StackFailed, match=r"store ended by itself \(nobody there\)") as failure:
        wait_until(refuse, "store", 3600, log, lambda: True)
    assert "line 999" in failure.value.message
    assert failure.value.message.count("line ") == TAIL_LINES


def test_patience_ends(log: Path) -> None:
    with pytest.raises(StackFailed, match=r"not ready in 0\.2 s"):
        wait_until(refuse, "store", 0.2, log, lambda: False)


def test_a_mistake_of_ours_is_not_taken_for_a_server_that_is_not_ready(log: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 // 0, "store", 3600, log, lambda: False)


def test_a_log_that_was_never_written_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "nothing was written" in last_lines(tmp_path / "none.log")


def test_a_port_accepts_only_while_somebody_listens() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        accepts(port)
    with pytest.raises(OSError, match="refused"):
        accepts(port)
