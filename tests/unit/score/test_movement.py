"""Why a score moved: the parts add up exactly, whatever moved."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.period import Period
from services.contracts.printing import ranks_within
from services.contracts.verdict import Verdict
from services.score.adding import rounding
from services.score.board import Context, Scoring
from services.score.causes import causes, causes_by_unit
from services.score.errands import Errands
from services.score.facts import UnitFacts
from services.score.movement import changes, moved, side_by_side
from services.score.views import board
from tests.unit.score.town import COMPOSITE, CUT_OFF, DIRECTORY, EFFICIENCY, RULES, case, did

PERIOD = Period.parse("2020-12")
CONTEXT = Context.of(RULES, [COMPOSITE, EFFICIENCY], DIRECTORY, CUT_OFF)
SERVED = Errands(100, 100, 60, 50, 48, frozenset({"w1", "w2"}))
units = st.sampled_from(["tax", "land", "land-north"])
happenings = st.builds(
    did,
    st.fixed_dictionaries({level: st.integers(0, 40) for level in range(1, 6)}),
    st.lists(st.sampled_from(Verdict), max_size=4).map(
        lambda verdicts: tuple(case(each, f"c{n}") for n, each in enumerate(verdicts))
    ),
    st.sampled_from([Errands(), SERVED]),
)
months = st.dictionaries(units, happenings)
recipes = st.sampled_from([COMPOSITE, EFFICIENCY])


def page(recipe: Any, by_unit: Mapping[str, UnitFacts]) -> dict[str, Any]:
    """A whole board."""
    head = {"period": "2020-12"}
    return head | board(Scoring(CONTEXT, recipe, by_unit), PERIOD, lambda unit: True)


@given(recipes, recipes, months, months)
def test_the_change_is_the_sum_of_its_terms_whatever_moved(
    one: Any, other: Any, before: dict[str, UnitFacts], after: dict[str, UnitFacts]
) -> None:
    told = side_by_side(page(one, before), page(other, after))
    for line in (told["region"], *told["units"]):
        scores = [
            Fraction((line[side]["score"] or {"exact": 0})["exact"]) for side in ("before", "after")
        ]
        assert Fraction(line["change"]["exact"]) == scores[1] - scores[0]
        parts = [Fraction(term["change"]["exact"]) for term in line["terms"]]
        assert sum(parts) == scores[1] - scores[0]
        for term in line["terms"]:
            halves = Fraction(term["by_value"]["exact"]) + Fraction(term["by_weight"]["exact"])
            assert halves == Fraction(term["change"]["exact"])


@given(recipes, months, months)
def test_a_revision_plus_its_differences_is_the_recount(
    recipe: Any, before: dict[str, UnitFacts], after: dict[str, UnitFacts]
) -> None:
    old, new = page(recipe, before), page(recipe, after)
    told = {each["unit"]: each for each in changes(old, new, {})}
    for line_before, line_after in zip(
        (old["region"], *old["units"]), (new["region"], *new["units"]), strict=True
    ):
        was, now = (
            Fraction((line["score"] or {"exact": 0})["exact"]) for line in (line_before, line_after)
        )
        change = told.get(line_after["unit"])
        assert was + Fraction(change["difference"] if change else 0) == now


@given(recipes, months)
def test_places_agree_with_the_printed_scores_and_ties_share_a_place(
    recipe: Any, by_unit: dict[str, UnitFacts]
) -> None:
    lines = [line for line in page(recipe, by_unit)["units"] if line["rank"]]
    groups = {line["unit"]: line["peers"] for line in lines}
    printed: Any = {line["unit"]: Fraction(line["score"]["printed"]) for line in lines}
    assert {line["unit"]: line["rank"] for line in lines} == ranks_within(groups, printed)


@given(recipes, months, st.randoms())
def test_the_order_of_units_does_not_matter(
    recipe: Any, by_unit: dict[str, UnitFacts], chance: random.Random
) -> None:
    shuffled = dict(chance.sample(list(by_unit.items()), len(by_unit)))
    assert page(recipe, shuffled) == page(recipe, by_unit)


@given(recipes, recipes, months, months)
def test_the_printed_change_lies_between_printed_scores_and_is_the_sum_of_what_is_printed(
    one: Any, other: Any, before: dict[str, UnitFacts], after: dict[str, UnitFacts]
) -> None:
    told = side_by_side(page(one, before), page(other, after))
    for line in (told["region"], *told["units"]):
        was, now = (
            Decimal((line[side]["score"] or {"printed": "0"})["printed"])
            for side in ("before", "after")
        )
        parts = [Decimal(term["change"]["printed"]) for term in line["terms"]]
        assert Decimal(line["change"]["printed"]) == now - was
        assert sum(parts, Decimal(line["rounding"])) == now - was


@given(recipes, months)
def test_printed_points_and_their_rounding_are_the_printed_score(
    recipe: Any, by_unit: dict[str, UnitFacts]
) -> None:
    for line in page(recipe, by_unit)["units"]:
        points = [Decimal(term["points"]["printed"]) for term in line["terms"]]
        if line["score"]:
            assert sum(points, Decimal(line["rounding"])) == Decimal(line["score"]["printed"])


def test_points_that_a_cap_takes_off_are_among_the_printed_parts() -> None:
    capped = {
        "score": {"printed": "10.00"},
        "terms": [{"points": {"printed": "7.66"}}, {"points": {"printed": "2.66"}}],
        "cut": "-1/3",
    }
    assert rounding(capped) == Decimal("0.01")


def test_a_change_is_printed_as_the_difference_of_what_is_printed() -> None:
    old = page(COMPOSITE, {"tax": did({5: 99, 1: 1})})["region"]
    new = page(COMPOSITE, {"tax": did({5: 98, 1: 2})})["region"]
    assert (old["score"]["printed"], new["score"]["printed"]) == ("9.56", "9.12")
    assert moved(old, new)["change"]["printed"] == "-0.44"
    assert moved(new, old)["change"]["printed"] == "+0.44"
    assert moved(old, old)["change"]["printed"] == "0.00"


@given(recipes, months, months)
def test_what_moved_a_score_most_is_told_first(
    recipe: Any, before: dict[str, UnitFacts], after: dict[str, UnitFacts]
) -> None:
    for line in side_by_side(page(recipe, before), page(recipe, after))["units"]:
        sizes = [abs(Fraction(term["change"]["exact"])) for term in line["terms"]]
        assert sizes == sorted(sizes, reverse=True)


def test_a_hall_that_nobody_rated_is_the_reason_before_one_more_bad_rating() -> None:
    old = page(COMPOSITE, {"tax": did({5: 400, 1: 8}, errands=SERVED)})["region"]
    wider = Errands(100, 100, 60, 50, 48, frozenset({"w1", "w2", "w3", "w4"}))
    new = page(COMPOSITE, {"tax": did({5: 400, 1: 9}, errands=wider)})["region"]
    reasons = [term["indicator"] for term in moved(old, new)["terms"]]
    assert reasons == ["hall_reach", "good_rate", "service_quality", "rectified_rate"]


def test_weight_that_went_to_others_is_told_apart_from_a_value_that_changed() -> None:
    old = page(COMPOSITE, {"tax": did({5: 100}, errands=SERVED)})["region"]
    new = page(COMPOSITE, {"tax": did({5: 100})})["region"]
    terms = {term["indicator"]: term for term in moved(old, new)["terms"]}
    assert terms["good_rate"]["by_value"]["exact"] == "0"
    assert Fraction(terms["good_rate"]["by_weight"]["exact"]) > 0


def test_a_first_publication_differs_from_nothing() -> None:
    assert changes(None, page(COMPOSITE, {}), {}) == []


def test_what_caused_a_difference_is_named_with_its_count() -> None:
    before = did({5: 40}, (case(Verdict.PENDING, "c"),), SERVED)
    after = did({5: 42, 1: 1}, (case(Verdict.DONE_LATE, "c"),), SERVED + Errands(2, 2, 1))
    assert list(causes(before, after)) == [
        {"what": "late_presses", "count": 3},
        {"what": "errands_reported_late", "count": 2},
        {"what": "errands_rated_late", "count": 1},
        {"what": "cases", "count": 1, "from": "pending", "to": "done_late"},
    ]
    assert list(causes(before, before)) == []


def test_another_version_of_the_rules_is_a_cause_for_everybody() -> None:
    newer = CONTEXT.model_copy(update={"rules": RULES.model_copy(update={"version": 9})})
    told = causes_by_unit((CONTEXT, {}), (newer, {}))
    assert set(told) == {"region", *DIRECTORY.unit}
    assert {each["what"] for found in told.values() for each in found} == {"rules"}
