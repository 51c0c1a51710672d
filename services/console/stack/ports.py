"""Free loopback ports, the same ones as last time where they are still free."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 31_999


def claim(names: Iterable[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """A free port for every name, below the range from which the kernel serves clients.

    A remembered port is kept if nothing listens on it; no two names get the same one.
    """
    claimed: dict[str, int] = {}
    for name in names:
        wished = remembered.get(name, 0)
        fits = FIRST <= wished <= LAST and wished not in claimed.values() and is_free(wished)
        claimed[name] = wished if fits else _draw(set(claimed.values()))
    return claimed


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
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _draw(taken: set[int]) -> int:
    while True:
        port = random.randint(FIRST, LAST)
        if port not in taken and is_free(port):
            return port
