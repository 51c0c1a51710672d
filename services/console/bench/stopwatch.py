"""Small arithmetic of benches, and when it is time to begin."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import psutil

LOOK_EVERY_S, QUIET_LOOKS, IDLE = 2.0, 3, 0.05
"""Idle are processes that three times in a row have burnt a twentieth of a processor or less."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie; the nearest rank, never an interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def burnt(pids: Iterable[int]) -> float:
    """Seconds of a processor that these processes have used; those that ended count nothing."""
    used = 0.0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


def until_idle(pids: Sequence[int], within_s: float) -> None:
    """Until these processes have nothing to do. Raises TimeoutError."""
    patience_ends, quiet, before = time.monotonic() + within_s, 0, burnt(pids)
    while quiet < QUIET_LOOKS:
        if time.monotonic() > patience_ends:
            raise TimeoutError(f"not idle within {within_s:.0f} s")
        time.sleep(LOOK_EVERY_S)
        now = burnt(pids)
        quiet = quiet + 1 if now - before <= IDLE * LOOK_EVERY_S * len(pids) else 0
        before = now
