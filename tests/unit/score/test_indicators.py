"""What each indicator counts, leaves out, and says when there is nothing to count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.rules import Rules
from services.contracts.verdict import Verdict
from services.contracts.vocabulary import Channel, Level, Standing, Turn
from services.score.errands import Errands
from services.score.facts import UnitFacts, facts_of
from services.score.indicators import INDICATORS, measure_all
from services.score.measure import Direction, NoData, State, measure
from services.score.tally import mean_points
from tests.unit.score.town import CUT_OFF, DIRECTORY, RULES, case, cell, did, facts

WEIYUAN = {5: 24000, 4: 600, 3: 181, 2: 7, 1: 5}


def printed(key: str, happened: UnitFacts, rules: Rules = RULES) -> str:
    """The printed figure of an indicator."""
    return measure(INDICATORS[key], facts(happened, rules)).printed


def test_the_rates_of_weiyuan_2020_print_as_published() -> None:
    assert printed("good_rate", did(WEIYUAN)) == "99.95%"
    assert printed("bad_rate", did(WEIYUAN)) == "0.05%"


def test_service_quality_is_the_mean_of_points() -> None:
    measured = measure(INDICATORS["service_quality"], facts(did(WEIYUAN)))
    levels = {Level(level): count for level, count in WEIYUAN.items()}
    assert measured.value == mean_points(levels, RULES.levels.points)


def test_a_good_rate_of_a_few_ratings_is_not_measured() -> None:
    measured = measure(INDICATORS["good_rate"], facts(did({5: 29})))
    assert (measured.state, measured.printed) == (State.SMALL_SAMPLE, "样本不足")
    assert printed("good_rate", did({5: 30})) == "100.00%"


@pytest.mark.parametrize(
    "key", [each.key for each in INDICATORS.values() if each.no_data is NoData.DUTY]
)
def test_a_duty_with_nothing_due_is_fulfilled(key: str) -> None:
    undue = (case(Verdict.PENDING), case(Verdict.INVALIDATED, replied=True, reached=True))
    assert printed(key, did({}, undue)) == "无应整改"


def test_pending_and_invalidated_cases_are_in_no_rate() -> None:
    verdicts = [Verdict.DONE_ON_TIME] * 6 + [Verdict.DONE_LATE] * 2 + [Verdict.OVERDUE_OPEN] * 2
    cases = tuple(map(case, [*verdicts, Verdict.PENDING, Verdict.INVALIDATED]))
    assert printed("rectified_rate", did({}, cases)) == "80.00%"
    assert printed("rectified_on_time_rate", did({}, cases)) == "60.00%"


def test_only_named_raters_must_be_called_back_and_only_the_reached_can_be_satisfied() -> None:
    cases = (
        case(named=True, callback_due=True, reached=True, answered=True, satisfied=True),
        case(named=True, callback_due=True),
        case(named=True),
        case(callback_due=True, reached=True, answered=True),
    )
    assert printed("called_back_rate", did({}, cases)) == "50.00%"
    assert printed("callback_satisfied_rate", did({}, cases)) == "50.00%"


def test_replies_count_among_what_was_due() -> None:
    cases = (case(replied=True), case(Verdict.OVERDUE_OPEN), case(Verdict.PENDING, replied=True))
    assert printed("replied_rate", did({}, cases)) == "50.00%"


def test_who_may_still_rate_is_neither_rated_nor_unrated() -> None:
    errands = Errands(reported=200, due=100, rated=97)
    assert printed("participation_rate", did({}, errands=errands)) == "97.00%"
    assert printed("unrated_rate", did({}, errands=errands)) == "3.00%"


def test_default_ratings_count_only_where_the_rules_say_so() -> None:
    errands = Errands(reported=100, due=100, rated=40)
    happened = did({5: 39, 1: 1}, errands=errands)
    rating = RULES.rating.model_copy(update={"default_counts": True})
    counted = RULES.model_copy(update={"rating": rating})
    assert printed("good_rate", happened) == "97.50%"
    assert printed("good_rate", happened, counted) == "99.00%"
    assert printed("active_good_rate", happened, counted) == "97.50%"


def test_hall_reach_counts_windows_and_their_halls() -> None:
    errands = Errands(reported=50, served=frozenset({"w1", "w2"}))
    measured = measure(INDICATORS["hall_reach"], facts(did({5: 1}, errands=errands)))
    assert (measured.numerator, measured.denominator) == (2, 3)
    assert printed("hall_reach", did({5: 99})) == "样本不足"


def test_coverage_counts_items_on_offer_that_were_rated() -> None:
    assert printed("item_coverage", did({5: 40})) == "50.00%"


def test_a_unit_answers_for_its_whole_subtree() -> None:
    by_unit = {"land": did({5: 1}), "land-north": did({5: 2}), "tax": did({5: 4})}
    land = facts_of(DIRECTORY.subtree("land"), by_unit, DIRECTORY, RULES, CUT_OFF)
    assert land.levels.total() == 3
    assert land.offered == {"i2"}


def test_every_indicator_says_what_it_is_and_where_it_comes_from() -> None:
    for indicator in INDICATORS.values():
        assert all((indicator.name, indicator.definition, indicator.excludes, indicator.source))
        lower = indicator.key in {"bad_rate", "unrated_rate"}
        assert (indicator.direction is Direction.LOWER) == lower


def test_what_is_not_counted_changes_no_figure() -> None:
    plain = did(WEIYUAN)
    extra = Counter(
        {
            cell(1, turn=Turn.APPEND): 5,
            cell(1, standing=Standing.INVALID): 5,
            cell(1, channel=Channel.PHONE): 5,
        }
    )
    assert measure_all(facts(plain)) == measure_all(facts(plain + UnitFacts(cells=extra)))


levels = st.dictionaries(st.integers(1, 5), st.integers(0, 500), max_size=5)


@given(levels)
def test_no_printed_rate_claims_a_period_without_a_bad_rating_that_had_one(
    happened: dict[int, int],
) -> None:
    figures = measure_all(facts(did(happened)))
    bad = happened.get(1, 0) + happened.get(2, 0)
    if figures["good_rate"].state is State.MEASURED:
        assert (figures["good_rate"].printed == "100.00%") == (not bad)
        assert (figures["bad_rate"].printed == "0.00%") == (not bad)


@given(levels, levels)
def test_facts_of_units_add_up_in_any_order(one: dict[int, int], other: dict[int, int]) -> None:
    first, second = did(one), did(other)
    assert measure_all(facts(first + second)) == measure_all(facts(second + first))
    assert UnitFacts.from_plain((first + second).plain()).cells == (first + second).cells


@given(st.integers(1, 3), st.integers(30, 10**7), st.sampled_from(list(Verdict)))
def test_no_print_claims_a_month_without_an_exception_that_had_one(
    exceptions: int, good: int, verdict: Verdict
) -> None:
    cases = tuple(case(Verdict.DONE_ON_TIME, f"d{n}", replied=True) for n in range(5))
    left = case(Verdict.OVERDUE_OPEN, "left")
    happened = did(
        {5: good, 1: exceptions},
        (*cases, left, case(verdict, "x")),
        Errands(good + 1, good + 1, good, good + 1, good),
    )
    exceptional = ("good_rate", "active_good_rate", "participation_rate", "on_time_rate")
    for key in (*exceptional, "rectified_rate", "rectified_on_time_rate", "replied_rate"):
        assert printed(key, happened) != "100.00%"
    for key in ("bad_rate", "unrated_rate"):
        assert printed(key, happened) != "0.00%"
    assert printed("service_quality", happened) != "10.00"
