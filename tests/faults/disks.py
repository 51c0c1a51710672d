"""Disks of their own for the servers, in memory, that are full to the last byte on order."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOMY = "4g"


def can_be_made() -> bool:
    """Whether this user may mount a disk: root, where mounting is allowed."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


class Disk:
    """A disk in memory on a folder; what it does not hold takes up no memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        _do("mount", "-t", "tmpfs", "-o", f"size={ROOMY},mode=0700", "tmpfs", str(self._folder))
        return self

    def __exit__(self, *args: object) -> None:
        with suppress(subprocess.CalledProcessError):
            _do("umount", "--lazy", str(self._folder))

    def fill(self) -> None:
        """From now on there is no room for another byte."""
        self._resize(f"{shutil.disk_usage(self._folder).used}")

    def make_room(self) -> None:
        """There is room again."""
        self._resize(ROOMY)

    def _resize(self, size: str) -> None:
        _do("mount", "-o", f"remount,size={size}", str(self._folder))


def _do(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
