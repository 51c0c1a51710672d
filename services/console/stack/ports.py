"""Free loopback ports, the same ones as last time where they are still free."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 31_999

_claimed: dict[int, int] = {}
"""Our ports, and the descriptor of the name of each, which keeps other stacks away: the kernel
takes it back when we die."""


def claim(names: Iterable[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """A free port for every name, below the range from which the kernel serves clients.

    A remembered port is kept if nobody has it. No stack on this machine is given the same one
    before it is released or this process ends, although a server may listen on it only later,
    and not while it is started again.
    """
    return {name: _kept(remembered.get(name, 0)) or _drawn() for name in names}


def release(ports: Iterable[int]) -> None:
    """Let others have these ports."""
    for port in ports:
        if port in _claimed:
            os.close(_claimed.pop(port))


def remembered(file: Path) -> dict[str, int]:
    """The ports of last time; none without the file, or if a power failure cut it short."""
    try:
        known = json.loads(file.read_text())
        return {name: int(port) for name, port in known.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _bound(attempt, (LOOPBACK, port))


def _kept(wished: int) -> int:
    return wished if FIRST <= wished <= LAST and _is_ours(wished) else 0


def _drawn() -> int:
    while not _is_ours(port := random.randint(FIRST, LAST)):
        pass
    return port


def _is_ours(port: int) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as name:
        free = _bound(name, f"\0haoping-port-{port}") and is_free(port)
        if free:
            _claimed[port] = name.detach()
        return free


def _bound(attempt: socket.socket, address: str | tuple[str, int]) -> bool:
    try:
        attempt.bind(address)
    except OSError:
        return False
    return True
