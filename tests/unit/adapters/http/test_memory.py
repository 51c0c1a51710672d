"""What is remembered of who asked when: as limits remembers it, and no longer than it counts."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.storage import MemoryStorage

from services.adapters.http import memory
from services.adapters.http.memory import SWEEP_EVERY_S, Memory

LIMIT, WITHIN_S = 3, 60
OFF_THE_BOUND_S = 0.01
"""limits is of two minds about a use that is exactly as old as the window is long."""
STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 50)), max_size=30)


class Clock:
    """A clock for both kinds of time, which the test moves."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        both = SimpleNamespace(time=self.read, monotonic=self.read)
        patch.setattr(memory, "time", both)
        patch.setattr("limits.storage.memory.time", both)

    def read(self) -> float:
        """The time now."""
        return self.now


@given(STEPS)
def test_uses_are_counted_as_limits_counts_them(steps: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        ours, theirs = Memory(), MemoryStorage()
        theirs.timer.cancel()
        for name, seconds in steps:
            asked = name, LIMIT, WITHIN_S
            assert ours.acquire_entry(*asked) == theirs.acquire_entry(*asked)
            assert ours.get_moving_window(*asked) == theirs.get_moving_window(*asked)
            clock.now += seconds + OFF_THE_BOUND_S


def test_whoever_asks_no_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, kept = Clock(monkeypatch), Memory()
    for name in range(1000):
        kept.acquire_entry(f"stranger {name}", LIMIT, WITHIN_S)
    clock.now += WITHIN_S + SWEEP_EVERY_S
    kept.acquire_entry("hall", LIMIT, WITHIN_S)
    assert list(kept._uses) == ["hall"]


def test_a_clock_that_is_set_back_shuts_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, real = Memory(), time.time
    asked = "hall", 1, WITHIN_S
    assert kept.acquire_entry(*asked)
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    start, count = kept.get_moving_window(*asked)
    assert count == 1
    assert start == pytest.approx(real() - 86_400, abs=5)
