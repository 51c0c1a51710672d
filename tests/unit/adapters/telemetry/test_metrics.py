"""What is counted, as an operator reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.adapters.outcome import Done, Failed, Later, Never, Outcome
from services.adapters.telemetry import metrics
from services.adapters.timer import resting_after_failures
from services.errors import Invalid, Unavailable


def told(name: str, **labels: str) -> float:
    """The value of a sample now."""
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_batch_is_counted_by_what_became_of_its_messages() -> None:
    outcomes: list[Outcome] = [Done(), Done(), Later("waits"), Failed("raised"), Never("malformed")]
    sent_at = datetime.now(UTC) - timedelta(seconds=7)
    metrics.handled("q", outcomes, sent_at)
    by = {o: told("haoping_messages_total", queue="q", outcome=o) for o in metrics.NAMES.values()}
    assert by == {"done": 2, "later": 1, "failed": 1, "never": 1}
    assert told("haoping_batch_size_sum", queue="q") == 5
    assert told("haoping_message_age_seconds_sum", queue="q") == pytest.approx(7, abs=1)


def test_a_clock_that_is_behind_makes_no_age_below_nothing() -> None:
    metrics.handled("ahead", [Done()], datetime.now(UTC) + timedelta(minutes=1))
    assert told("haoping_message_age_seconds_sum", queue="ahead") == 0


def test_a_press_is_counted_by_what_its_sender_was_answered() -> None:
    def comes_to(error: Exception | None) -> None:
        with metrics.one_press("test"):
            if error:
                raise error

    comes_to(None)
    for error in (Invalid(), Unavailable(), KeyError()):
        with pytest.raises(type(error)):
            comes_to(error)
    outcomes = ("accepted", "refused", "failed")
    found = [told("haoping_presses_total", protocol="test", outcome=each) for each in outcomes]
    assert found == [1, 1, 2]


def test_of_a_backlog_only_what_the_bus_holds_is_accepted() -> None:
    with metrics.backlog("many", taken=5, refused=2):
        pass
    with pytest.raises(Unavailable), metrics.backlog("many", taken=3, refused=0):
        raise Unavailable
    outcomes = ("accepted", "refused", "failed")
    found = [told("haoping_presses_total", protocol="many", outcome=each) for each in outcomes]
    assert found == [5, 2, 3]


def test_a_timer_that_fails_is_counted() -> None:
    class Sweeper:
        """Breaks."""

        def sweep(self) -> None:
            """Break."""
            raise KeyError

    resting_after_failures(Sweeper.sweep)(Sweeper())
    assert told("haoping_timer_failures_total", timer=Sweeper.sweep.__qualname__) == 1
