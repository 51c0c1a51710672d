"""The county appraisal: six items, bonuses, caps and peer groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.period import Period
from services.score.board import Context, Scoring
from services.score.facts import UnitFacts
from services.score.imports import Imported
from services.score.index import Recipe, Result, evaluate
from services.score.indicators import measure_all
from services.score.measure import State
from services.score.views import board
from tests.unit.score.town import CUT_OFF, DIRECTORY, RECIPES, RULES, did, facts

APPRAISAL = RECIPES["county-appraisal"]
ITEMS = {"好差评", "便民服务", "热线", "数据目录", "互联网+监管", "中介超市"}
rates = st.dictionaries(
    st.sampled_from(APPRAISAL.imported), st.fractions(0, 1, max_denominator=100)
)


def having(figures: Mapping[str, Fraction], happened: UnitFacts | None = None) -> UnitFacts:
    """What was rated, and imported."""
    rows = tuple(
        Imported("tax", key, *value.as_integer_ratio(), value, "平台")
        for key, value in figures.items()
    )
    return replace(happened or did({5: 100}), imports=rows)


def score(recipe: Recipe, happened: UnitFacts) -> Result:
    """The index of the tax office."""
    return evaluate(recipe, measure_all(replace(facts(happened), unit="tax")))


def test_the_six_items_are_those_of_the_published_plan() -> None:
    assert {term.item for term in APPRAISAL.terms} == ITEMS
    assert APPRAISAL.of == 100


def test_a_county_with_everything_has_a_hundred_points() -> None:
    assert score(APPRAISAL, having(dict.fromkeys(APPRAISAL.imported, Fraction(1)))).total == 100


def test_what_was_not_imported_gives_its_weight_away_and_says_so() -> None:
    result = score(APPRAISAL, having({"online_rate": Fraction(3, 4)}))
    lacking = [one for one in result.terms if one.measured.state is State.NOT_IMPORTED]
    assert len(lacking) == 7
    assert all(one.points == 0 and "imported" in str(one.why) for one in lacking)
    assert sum(one.weight for one in result.terms) == 100
    assert result.total == Fraction(100, 3) * (1 + 1 + Fraction(1, 2))


@given(rates, rates)
def test_a_better_figure_never_lowers_the_score(
    one: dict[str, Fraction], other: dict[str, Fraction]
) -> None:
    shared = one.keys() & other.keys()
    low = {key: min(one[key], other[key]) for key in shared}
    high = {key: max(one[key], other[key]) for key in shared}
    worse, better = score(APPRAISAL, having(low)).total, score(APPRAISAL, having(high)).total
    assert worse is not None
    assert better is not None
    assert worse <= better


BONUS = {
    "id": "x",
    "version": 1,
    "name": "x",
    "of": 10,
    "source": "test",
    "terms": [
        {
            "indicator": "good_rate",
            "weight": 10,
            "scale": {"kind": "linear", "zero_at": 0, "target": 1},
        },
        {
            "indicator": "online_rate",
            "weight": 3,
            "scale": {"kind": "bonus", "zero_at": "50%", "target": 1},
        },
    ],
}


def recipe(**changes: Any) -> Recipe:
    """A recipe with a bonus."""
    return Recipe.model_validate({**BONUS, **changes})


def test_a_bonus_comes_on_top_up_to_the_cap_and_what_is_cut_is_shown() -> None:
    everything = having({"online_rate": Fraction(1)})
    assert score(recipe(cap=12), everything).total == 12
    assert score(recipe(cap=12), everything).cut == -1
    assert score(recipe(), everything).total == 10
    half = score(recipe(), having({"online_rate": Fraction(3, 4)}, did({5: 90, 1: 10})))
    assert half.total == 9 + Fraction(3, 2) - Fraction(1, 2)
    assert sum(one.points for one in half.terms) + half.cut == half.total


def test_a_bonus_that_could_not_be_measured_costs_nothing_and_ranks_nobody() -> None:
    result = score(recipe(), having({}))
    assert result.total == 10
    assert result.ranked
    alone = score(recipe(), having({"online_rate": Fraction(1)}, did()))
    assert alone.total is None
    assert not alone.ranked


def test_a_cap_below_the_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="leave it out or raise it"):
        recipe(cap=9)


def test_a_recipe_may_ask_for_a_smaller_sample_than_the_rules() -> None:
    few = did({5: 5})
    context = Context.of(RULES, [recipe(), recipe(min_sample=5)], DIRECTORY, CUT_OFF)
    lines = [Scoring(context, each, {"tax": few}).region for each in context.recipes]
    assert [line.result.total for line in lines] == [None, 10]


def test_only_the_groups_that_an_index_names_are_ranked_by_it() -> None:
    context = Context.of(RULES, [recipe(peers=["bureaus"])], DIRECTORY, CUT_OFF)
    by_unit = {unit: did({5: 50}) for unit in ("tax", "land", "land-north")}
    shown = board(Scoring(context, context.recipes[0], by_unit), Period.parse("2020-12"), bool)
    assert {line["unit"]: line["rank"] for line in shown["units"]} == {
        "county": None,
        "tax": 1,
        "land": 1,
        "land-north": None,
    }
