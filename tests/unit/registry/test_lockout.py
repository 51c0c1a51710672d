"""How long whoever guesses wrong has to wait, over whatever time and order of tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.lockout import ACCOUNT, ADDRESS, ROUNDING, Failures, Pace
from tests.county import NOON

DAY = timedelta(days=1)
PACES = st.sampled_from([ACCOUNT, ADDRESS])
STEPS = st.lists(st.integers(0, 7200), max_size=200)
"""Seconds between one try and the next."""


def failed(times: int, pace: Pace = ACCOUNT) -> Failures:
    """So many failures, each as soon as it was one's turn."""
    failures, now = Failures(name="x"), NOON
    for _ in range(times):
        now = max(now, failures.until)
        failures = failures.tried(pace, now)
    return failures


def passing(pace: Pace, steps: list[int]) -> list[int]:
    """After how many seconds each try came whose turn it was; all of them wrong."""
    failures, now, taken = Failures(name="x"), NOON, []
    for step in steps:
        now += timedelta(seconds=step)
        if not failures.waits(now):
            failures = failures.tried(pace, now)
            taken.append(int((now - NOON).total_seconds()))
    return taken


def test_a_few_failures_are_free_and_each_further_one_doubles_the_wait() -> None:
    waits = [(each := failed(count)).waits(each.at) for count in range(1, 14)]
    assert waits[:4] == [timedelta()] * 4
    assert waits[4:8] == [timedelta(seconds=s) for s in (30, 60, 120, 240)]
    assert waits == sorted(waits)
    assert waits[-1] == ACCOUNT.longest


def test_one_waits_to_the_second_and_no_longer() -> None:
    failures = failed(5)
    second = timedelta(seconds=1)
    assert failures.waits(failures.until - second) == second
    assert failures.waits(failures.until) == timedelta()


def test_what_was_right_leaves_no_trace_on_an_account_and_none_of_its_own_on_an_address() -> None:
    assert failed(9).tried(ACCOUNT, NOON + DAY).cleared().count == 0
    before = failed(30, ADDRESS)
    now = before.until
    after = before.tried(ADDRESS, now).given_back()
    assert after.waits(now) == timedelta()
    assert after.count == pytest.approx(before.left(ADDRESS, now))
    assert after.tried(ADDRESS, now).until >= before.tried(ADDRESS, now).until


@given(PACES, STEPS)
def test_nobody_waits_for_good_and_in_the_end_all_is_forgotten(
    pace: Pace, steps: list[int]
) -> None:
    failures, now = Failures(name="x"), NOON
    for step in steps:
        now += timedelta(seconds=step)
        failures = failures.tried(pace, max(now, failures.until))
    assert failures.until - failures.at <= pace.longest
    assert failures.left(pace, failures.at + failures.count * pace.fades) < ROUNDING


@given(STEPS)
def test_no_order_of_tries_gets_more_than_forty_guesses_a_day_at_an_account(
    steps: list[int],
) -> None:
    taken = passing(ACCOUNT, steps)
    for start in taken:
        assert sum(start <= each < start + DAY.total_seconds() for each in taken) <= 40


def test_the_most_patient_guesser_gets_some_forty_a_day() -> None:
    seconds = [1] * (2 * 86_400)
    taken = passing(ACCOUNT, seconds)
    assert 20 <= sum(each > 86_400 for each in taken) <= 40


@given(PACES, st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_a_clock_that_goes_back_makes_nobody_free(pace: Pace, back: list[int]) -> None:
    failures = failed(pace.free, pace)
    for seconds in back:
        assert failures.waits(failures.at - timedelta(seconds=seconds)) > timedelta()


@given(PACES, st.integers(1, 60))
def test_every_change_is_a_version_so_that_of_two_at_once_one_counts_anew(
    pace: Pace, times: int
) -> None:
    failures = failed(times, pace)
    assert failures.version == times
    changed = (failures.tried(pace, NOON), failures.given_back(), failures.cleared())
    assert {each.version for each in changed} == {times + 1}
