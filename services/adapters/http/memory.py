"""The uses within moving windows, in the memory of the process."""

from __future__ import annotations

import time
from collections import deque

from limits.storage import MemoryStorage

SWEEP_EVERY_S = 10.0


class Memory(MemoryStorage):
    """limits' own memory, which keeps a bare time for each use, and only while it counts.

    limits keeps an object for each, newest first, in a list that moves with every use: at a busy
    edge that was a twentieth of what a press costs. Times are of a clock that nobody sets.
    """

    def __init__(self) -> None:
        super().__init__()
        self._uses: dict[str, tuple[int, deque[float]]] = {}
        self._swept = time.monotonic()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` uses, unless there would be more than `limit` in `expiry` seconds."""
        now = time.monotonic()
        uses = self._uses.setdefault(key, (expiry, deque()))[1]
        _forget(uses, now - expiry)
        has_room = len(uses) + amount <= limit
        if has_room:
            uses.extend([now] * amount)
        if now - self._swept >= SWEEP_EVERY_S:
            self._sweep(now)
        return has_room

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest use that counts was, as seconds since 1970, and how many count."""
        now = time.monotonic()
        _, uses = self._uses.get(key, (expiry, deque[float]()))
        _forget(uses, now - expiry)
        return time.time() - (now - uses[0] if uses else 0), len(uses)

    def _sweep(self, now: float) -> None:
        for expiry, uses in self._uses.values():
            _forget(uses, now - expiry)
        self._uses = {key: kept for key, kept in self._uses.items() if kept[1]}
        self._swept = now


def _forget(uses: deque[float], until: float) -> None:
    while uses and uses[0] < until:
        uses.popleft()
