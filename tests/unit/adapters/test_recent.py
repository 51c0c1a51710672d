"""What was worked out a moment ago is told again to whoever is content with that."""

from __future__ import annotations

from collections.abc import Callable

import eventlet
import pytest

from services.adapters.recent import LASTS, MOST_KEPT, OLDEST_S, Recently

LONG = 60.0


def counting(fails_at: int = 0) -> Callable[[], int]:
    """Tells how often it was asked to work something out; once it cannot."""
    asked: list[None] = []

    def work() -> int:
        asked.append(None)
        if len(asked) == fails_at:
            raise ValueError("no database")
        return len(asked)

    return work


def test_a_result_is_told_again_while_it_is_young_enough() -> None:
    recently, work = Recently(), counting()
    assert [recently.within(LONG)("month", work) for _ in range(3)] == [1, 1, 1]
    assert recently.within(LONG)("another", work) == 2


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


def test_nobody_waits_for_a_result_to_be_renewed() -> None:
    watch, work = Watch(), counting()
    recently = Recently(watch)
    assert recently.within(5)("month", work) == 1
    watch.passes(6)
    assert [recently.within(5)("month", work) for _ in range(3)] == [1, 1, 1]
    eventlet.sleep(0)
    assert recently.within(5)("month", work) == 2, "it was renewed once, not three times"


def test_what_takes_long_to_work_out_is_renewed_more_seldom() -> None:
    watch, counted = Watch(), counting()
    recently = Recently(watch)

    def work() -> int:
        watch.passes(2)
        return counted()

    assert recently.within(5)("month", work) == 1
    watch.passes(2 * LASTS - 1)
    assert recently.within(5)("month", work) == 1
    eventlet.sleep(0)
    assert recently.within(5)("month", work) == 1, "renewing it would be all that is done"
    watch.passes(2)
    assert recently.within(5)("month", work) == 1
    eventlet.sleep(0)
    assert recently.within(5)("month", work) == 2


def test_what_is_worked_out_quickly_is_not_kept_for_those_who_say_so() -> None:
    watch, counted = Watch(), counting()
    recent, took = Recently(watch).within(LONG, worth_s=1), 0.5

    def work() -> int:
        watch.passes(took)
        return counted()

    assert [recent("month", work) for _ in range(3)] == [1, 2, 3]
    took = 2
    assert [recent("month", work) for _ in range(3)] == [4, 4, 4]


def test_a_result_that_is_too_old_is_told_to_nobody() -> None:
    watch, work = Watch(), counting()
    recently = Recently(watch)
    assert recently.within(5)("month", work) == 1
    watch.passes(OLDEST_S + 1)
    assert recently.within(5)("month", work) == 2


def test_what_could_not_be_renewed_is_worked_out_for_the_next_who_asks() -> None:
    watch, work = Watch(), counting(fails_at=2)
    recently = Recently(watch)
    assert recently.within(5)("month", work) == 1
    watch.passes(6)
    assert recently.within(5)("month", work) == 1
    eventlet.sleep(0)
    assert recently.within(5)("month", work) == 3


def test_whoever_asks_first_is_told_what_went_wrong() -> None:
    with pytest.raises(ValueError, match="no database"):
        Recently().within(LONG)("month", counting(fails_at=1))


def test_whoever_asks_meanwhile_waits_for_the_first_and_gets_the_same() -> None:
    recently, work = Recently(), counting()

    def slowly() -> int:
        eventlet.sleep(0)
        return work()

    asked = [eventlet.spawn(recently.within(LONG), "month", slowly) for _ in range(3)]
    assert [each.wait() for each in asked] == [1, 1, 1]


def test_one_result_may_be_worked_out_from_another() -> None:
    recent, work = Recently().within(LONG), counting()
    with eventlet.Timeout(5):
        assert recent("comparison", lambda: recent("month", work) + 10) == 11


def test_a_decision_is_always_worked_out_anew() -> None:
    recently, work = Recently(), counting()
    assert [recently.within(0)("month", work) for _ in range(2)] == [1, 2]


def test_only_so_many_results_are_kept() -> None:
    recently, work = Recently(), counting()
    for n in range(MOST_KEPT + 1):
        recently.within(LONG)(n, work)
    assert recently.within(LONG)(MOST_KEPT, work) == MOST_KEPT + 1
    assert recently.within(LONG)(0, work) == MOST_KEPT + 2


def test_what_is_asked_for_again_and_again_is_not_let_go() -> None:
    recently, work = Recently(), counting()
    month = recently.within(LONG)("month", work)
    for n in range(2 * MOST_KEPT):
        recently.within(LONG)(n, work)
        assert recently.within(LONG)("month", work) == month
