"""The figures of ten cases, counted by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.rectify.document import Document, fields
from services.rectify.facts import Case
from services.rectify.figures import figures
from services.score.indicators import INDICATORS
from tests.unit.rectify.county import MONDAY, RULES, opened_case, story, told

LATER = MONDAY + timedelta(days=60)


def kept(*cases: Case) -> list[Document]:
    """The cases as documents."""
    return [{"_id": case.id, **fields(case, RULES)} for case in cases]


def ten() -> list[Document]:
    """Four satisfied in time, one late, two overdue, one anonymous, one invalid, one pending."""
    good = story(opened_case(), "li claim, li verify, li submit, he satisfied")
    unhappy = story(opened_case(), "li claim, li verify, li submit, he dissatisfied, li submit")
    unhappy = told(unhappy, "he dissatisfied", MONDAY + timedelta(hours=2))
    late = told(story(opened_case(), "li claim, li verify"), "li submit", MONDAY + timedelta(30))
    nameless = opened_case(named=False, contactable=False)
    nameless = story(nameless, "li claim, li verify, li submit")
    invalid = story(opened_case(), "li claim, li appeal, shen uphold")
    pending = opened_case(LATER - timedelta(hours=1))
    overdue = opened_case()
    return kept(good, good, good, unhappy, late, overdue, overdue, nameless, invalid, pending)


def by_key(told_of: dict[str, Any], what: str) -> dict[str, dict[str, Any]]:
    """Rates or times by their key."""
    return {each["key"]: each for each in told_of[what]}


def test_every_case_has_one_verdict() -> None:
    assert figures(ten(), LATER)["verdicts"] == {
        "done_on_time": 5,
        "done_late": 1,
        "overdue_open": 2,
        "pending": 1,
        "invalidated": 1,
    }


def test_rates_are_counted_as_defined() -> None:
    rates = by_key(figures(ten(), LATER), "rates")
    counted = {key: (rate["numerator"], rate["denominator"]) for key, rate in rates.items()}
    assert counted == {
        "rectified_rate": (6, 8),
        "rectified_on_time_rate": (5, 8),
        "replied_rate": (6, 8),
        "called_back_rate": (4, 7),
        "callback_satisfied_rate": (3, 4),
    }
    assert rates["rectified_on_time_rate"]["printed"] == "62.50%"
    assert rates["called_back_rate"]["printed"] == "57.14%"


def test_times_are_those_that_cases_have_really_taken() -> None:
    times = by_key(figures(ten(), LATER), "times")
    assert (times["time_to_close"]["count"], times["time_to_close"]["longest_hours"]) == (5, 2.0)
    assert times["time_to_reply"]["longest_hours"] == 720.0
    assert times["time_to_contact"]["median_hours"] == 0.0


def test_where_nothing_was_due_there_is_no_rate() -> None:
    told_of = figures([], LATER)
    assert {rate["printed"] for rate in told_of["rates"]} == {None}
    assert {time["median_hours"] for time in told_of["times"]} == {None}


def test_the_month_and_the_desk_say_the_same_of_a_rate() -> None:
    for rate in figures([], LATER)["rates"]:
        indicator = INDICATORS[rate["key"]]
        assert (rate["name"], rate["definition"]) == (indicator.name, indicator.definition)
        assert (rate["excludes"], rate["source"]) == (indicator.excludes, indicator.source)
