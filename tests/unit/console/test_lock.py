"""One stack per folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.console.stack import StackFailed
from services.console.stack.lock import Lock, holder


def test_a_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(StackFailed, match=f"process {os.getpid()}"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_number_left_in_the_file_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("1\n")
    assert holder(path) is None
    lock = Lock(path)
    lock.acquire()
    assert holder(path) == os.getpid()
    lock.release()
    assert holder(path) is None


def test_looking_who_holds_it_does_not_create_it(tmp_path: Path) -> None:
    assert holder(tmp_path / "lock") is None
    assert not (tmp_path / "lock").exists()
