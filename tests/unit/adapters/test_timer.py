"""Work that is due again and again: a failure is told, and rested after."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from eventlet.queue import Queue
from nameko.containers import ServiceContainer

from services.adapters.patience import LONGEST_S
from services.adapters.timer import every, resting_after_failures

DAY_S = 24 * 3600
INTERVAL_S, PATIENCE_S = 0.05, 5.0


class Sweeper:
    """Sweeps, unless it cannot."""

    def __init__(self) -> None:
        self.swept, self.seconds, self.breaks = 0, 0.0, False

    def sweep(self) -> None:
        """One try."""
        self.swept += 1
        if self.breaks:
            raise KeyError("device")


@pytest.fixture
def sweeper() -> Sweeper:
    return Sweeper()


def tries_within(sweeper: Sweeper, seconds: int) -> int:
    """How often it is tried when its time comes ten times a second."""
    due = resting_after_failures(Sweeper.sweep, lambda: sweeper.seconds)
    before = sweeper.swept
    for _ in range(seconds * 10):
        sweeper.seconds += 0.1
        due(sweeper)
    return sweeper.swept - before


def test_what_works_is_done_each_time(sweeper: Sweeper) -> None:
    assert tries_within(sweeper, 10) == 100


def test_what_fails_is_told_and_tried_less_and_less_often(
    sweeper: Sweeper, caplog: pytest.LogCaptureFixture
) -> None:
    sweeper.breaks = True
    assert 100 / LONGEST_S <= tries_within(sweeper, 100) <= 30
    assert "Sweeper.sweep failed" in caplog.text
    assert "KeyError: 'device'" in caplog.text


def test_what_works_again_is_done_each_time_again(sweeper: Sweeper) -> None:
    due = resting_after_failures(Sweeper.sweep, lambda: sweeper.seconds)
    sweeper.breaks = True
    due(sweeper)
    sweeper.breaks, sweeper.seconds = False, LONGEST_S
    for _ in range(3):
        due(sweeper)
    assert sweeper.swept == 4


class Sweeping:
    """A service whose work is due every twentieth of a second."""

    name = "sweeping"
    runs: Queue = Queue()

    @every(INTERVAL_S)
    def sweep(self) -> None:
        """Say when it ran."""
        self.runs.put(time.monotonic())


@pytest.fixture
def runs() -> Iterator[Queue]:
    Sweeping.runs = Queue()
    container = ServiceContainer(Sweeping, {})
    container.start()
    yield Sweeping.runs
    container.stop()


def test_a_clock_that_is_set_back_a_day_keeps_no_work_from_being_done(
    runs: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.get(timeout=PATIENCE_S)
    told = time.time
    monkeypatch.setattr(time, "time", lambda: told() - DAY_S)
    for _ in range(3):
        runs.get(timeout=PATIENCE_S)


def test_a_clock_that_is_set_forward_has_nothing_made_up_for(
    runs: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.get(timeout=PATIENCE_S)
    told = time.time
    monkeypatch.setattr(time, "time", lambda: told() + DAY_S)
    ran = [runs.get(timeout=PATIENCE_S) for _ in range(10)]
    assert ran[-1] - ran[0] >= 3 * INTERVAL_S
