"""The index: exact terms, weights that move to others, and never a prize for a bad rating."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.verdict import Verdict
from services.score.errands import Errands
from services.score.facts import UnitFacts
from services.score.index import Recipe, Result, Term, evaluate
from services.score.indicators import measure_all
from services.score.measure import Direction, NoData, State
from tests.unit.score.town import COMPOSITE, EFFICIENCY, case, did, facts

SERVED = Errands(1000, 1000, 800, 900, 880, frozenset({"w1", "w2"}))
RECIPES = st.sampled_from([COMPOSITE, EFFICIENCY])
FIXED = case(
    named=True, replied=True, callback_due=True, reached=True, answered=True, satisfied=True
)
verdicts = st.sampled_from(Verdict)
cases = st.lists(
    st.builds(
        case,
        verdicts,
        named=st.booleans(),
        replied=st.booleans(),
        callback_due=st.booleans(),
        answered=st.booleans(),
    ),
    max_size=6,
).map(tuple)
levels = st.fixed_dictionaries({level: st.integers(0, 60) for level in range(1, 6)})


def score(recipe: Recipe, happened: UnitFacts) -> Result:
    """The index of these happenings."""
    return evaluate(recipe, measure_all(facts(happened)))


def term(result: Result, key: str) -> Any:
    """The term of an indicator."""
    return next(one for one in result.terms if one.term.indicator == key)


def test_a_perfect_unit_earns_everything_and_one_bad_rating_shows() -> None:
    everyone = Errands(100, 100, 100, 100, 100, frozenset({"w1"}))
    assert score(COMPOSITE, did({5: 100}, errands=everyone)).total == 10
    assert score(EFFICIENCY, did({5: 100}, errands=everyone)).total == 100
    flawed = score(COMPOSITE, did({5: 99, 1: 1}, (case(),), everyone)).total
    assert flawed == 3 + 3 * Fraction(9, 10) + 2 + 2 * Fraction(39, 40)


@given(RECIPES, levels, cases, st.sampled_from([Errands(), SERVED]))
def test_terms_add_up_exactly_and_weights_to_the_whole(
    recipe: Recipe, happened: dict[int, int], opened: Any, errands: Errands
) -> None:
    result = score(recipe, did(happened, opened, errands))
    if result.total is not None:
        assert sum(one.points for one in result.terms) == result.total
        assert sum(one.weight for one in result.terms) == recipe.of
        assert 0 <= result.total <= recipe.of


@given(RECIPES, levels, cases, st.integers(1, 2), st.integers(3, 5))
def test_a_bad_rating_that_is_fixed_never_scores_above_the_same_press_being_good(
    recipe: Recipe, happened: dict[int, int], opened: Any, bad: int, good: int
) -> None:
    with_bad = did(happened | {bad: happened[bad] + 1}, (*opened, FIXED), SERVED)
    with_good = did(happened | {good: happened[good] + 1}, opened, SERVED)
    worse, better = score(recipe, with_bad).total, score(recipe, with_good).total
    assert worse is None or better is None or worse <= better


@given(RECIPES, levels, cases, st.integers(1, 2))
def test_a_bad_rating_that_is_fixed_never_scores_above_not_having_received_it(
    recipe: Recipe, happened: dict[int, int], opened: Any, bad: int
) -> None:
    enough = happened | {5: happened[5] + 30}
    received = did(enough | {bad: enough[bad] + 1}, (*opened, FIXED), SERVED)
    before, after = score(recipe, did(enough, opened, SERVED)).total, score(recipe, received).total
    assert before is not None
    assert after is not None
    assert after <= before


@given(RECIPES, levels, cases)
def test_a_case_left_open_past_its_time_never_scores_above_one_done(
    recipe: Recipe, happened: dict[int, int], opened: Any
) -> None:
    done = did(happened, (*opened, case(Verdict.DONE_ON_TIME)), SERVED)
    left = did(happened, (*opened, case(Verdict.OVERDUE_OPEN)), SERVED)
    better, worse = score(recipe, done).total, score(recipe, left).total
    assert better is not None
    assert worse is not None
    assert worse <= better


def test_the_weight_of_what_could_not_be_measured_goes_to_the_others() -> None:
    result = score(COMPOSITE, did({5: 100}))
    reach, good = term(result, "hall_reach"), term(result, "good_rate")
    assert (reach.attained, reach.given, reach.weight) == (None, -2, 0)
    assert good.given == 2 * Fraction(3, 8)
    assert "too small" in reach.why
    assert result.total == 10


def test_a_unit_with_neither_ratings_nor_cases_has_no_score_and_no_place() -> None:
    result = score(COMPOSITE, did())
    assert (result.total, result.ranked) == (None, False)


def test_a_unit_with_duties_but_no_sample_is_scored_but_not_ranked() -> None:
    result = score(COMPOSITE, did({5: 3, 1: 1}, (case(Verdict.OVERDUE_OPEN),)))
    assert not result.ranked
    assert result.total == 10 * (1 - Fraction(1, 6))
    assert term(result, "rectified_rate").measured.state is State.MEASURED


@pytest.mark.parametrize(("served", "share"), [(1, 1), (2, 0), (19, 0)])
def test_below_the_last_step_nothing_is_earned(served: int, share: int) -> None:
    windows = frozenset({"w1"} | {f"x{n}" for n in range(served - 1)})
    errands = Errands(reported=100, served=windows)
    reach = term(score(EFFICIENCY, did({5: 50}, errands=errands)), "hall_reach")
    assert reach.measured.value == Fraction(2, served + 1)
    assert reach.attained == share


def test_steps_give_the_most_generous_one_reached() -> None:
    steps = term(score(EFFICIENCY, did({5: 50}, errands=SERVED)), "hall_reach").term.scale
    given = [steps.attained(Fraction(n, 100), Direction.HIGHER) for n in (100, 99, 90, 75, 74)]
    assert given == [1, Fraction(4, 5), Fraction(4, 5), Fraction(1, 2), 0]


def test_a_deduction_takes_points_off_for_every_exception_and_stops_at_nothing() -> None:
    for overdue, points in ((1, Fraction(5, 2)), (5, Fraction(1, 2)), (9, 0)):
        left = tuple(case(Verdict.OVERDUE_OPEN) for _ in range(overdue))
        result = score(COMPOSITE, did({5: 90}, left, SERVED))
        assert term(result, "rectified_rate").points == points


LINEAR = {"kind": "linear", "zero_at": "90%", "target": 1}
DEDUCTION = {"kind": "deduction", "each": 1}


@pytest.mark.parametrize(
    ("indicator", "scale", "remedy"),
    [
        ("nothing", LINEAR, "choose one of good_rate"),
        ("rectified_rate", LINEAR, "needs a scale of kind deduction"),
        ("good_rate", DEDUCTION, "needs a scale of kind linear, steps or bonus"),
        ("bad_rate", LINEAR, "put zero_at above target"),
        ("good_rate", {**LINEAR, "target": "90%"}, "put zero_at below target"),
    ],
)
def test_a_term_that_could_not_mean_what_it_says_is_refused(
    indicator: str, scale: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        Term.model_validate({"indicator": indicator, "weight": 1, "scale": scale})


def test_duties_and_measurements_are_both_in_the_composite() -> None:
    kinds = {one.counted.no_data for one in COMPOSITE.terms}
    assert kinds == {NoData.DUTY, NoData.MEASUREMENT}
