"""One stack per state folder: a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from services.console.stack.failure import StackFailed


class Lock:
    """An exclusive lock on a file, which holds the pid of its holder for people to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises StackFailed when a living process holds it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode().strip()
            os.close(descriptor)
            raise StackFailed(
                f"The stack in {self.path.parent} is already running (process {holder}); "
                "stop it, or set HAOPING_STATE to another folder."
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back, if we hold it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder(path: Path) -> int | None:
    """The process that runs the stack now, or None; a number left in the file proves nothing."""
    lock = Lock(path)
    if not path.exists():
        return None
    try:
        lock.acquire()
    except StackFailed:
        return int(path.read_text().strip() or 0)
    lock.release()
    return None
