"""What the public is told gives no small count of ratings away, by whatever subtraction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.period import Period
from services.contracts.verdict import CaseAtCutOff, Verdict
from services.contracts.vocabulary import Level
from services.score import views
from services.score.board import REGION, Context, Scoring
from services.score.errands import Errands
from services.score.facts import UnitFacts
from services.score.index import Recipe
from services.score.suppression import SMALLEST, PublicLine, Sample, public_line, shares
from services.score.tally import Cell
from tests.unit.score.town import COMPOSITE, CUT_OFF, DIRECTORY, EFFICIENCY, RULES, case, did

PERIOD = Period.parse("2020-12")
DISSOLVED = "dissolved"
"""A unit that the registry has lost: what it did is in the region's figures and in no line."""
UNITS = ("county", "tax", "land", "land-north")
NOWHERE = "nowhere"
Facts = Mapping[str, UnitFacts]


def told(by_unit: Facts, recipe: Recipe = COMPOSITE) -> dict[str, PublicLine]:
    """What the public is told of each unit, and of the region."""
    context = Context.of(RULES, [COMPOSITE, EFFICIENCY], DIRECTORY, CUT_OFF)
    page = views.board(Scoring(context, recipe, by_unit), PERIOD, lambda unit: True)
    return {line["unit"]: public_line(line) for line in (page["region"], *page["units"])}


def of_tax(levels: Mapping[int, int], *cases: CaseAtCutOff) -> PublicLine:
    """What is told of a unit with these ratings and cases."""
    return told({"tax": did(levels, cases)})["tax"]


@pytest.mark.parametrize(
    ("ratings", "sample"),
    [(0, "fewer_than_five"), (4, "fewer_than_five"), (5, "small_sample"), (30, "enough")],
)
def test_of_too_few_ratings_only_the_name_is_told(ratings: int, sample: str) -> None:
    line = of_tax({5: ratings})
    assert (line.name, line.sample) == ("税务", sample)
    assert (line.score is not None) == (line.sample is Sample.ENOUGH)
    if line.sample is not Sample.ENOUGH:
        assert (line.rank, line.levels, line.terms, line.rates) == (None, {}, [], {})


@pytest.mark.parametrize("levels", [{5: 40, 1: 1}, {5: 37, 3: 3}, {5: 30}])
def test_the_points_that_are_told_add_up_to_the_score_with_what_rounding_left(
    levels: dict[int, int],
) -> None:
    line = of_tax(levels)
    assert line.score
    parts = (Decimal(term.points) for term in line.terms)
    assert sum(parts, Decimal(line.beyond or "")) == Decimal(line.score)


def test_of_a_unit_without_a_score_nothing_is_left_beyond_its_parts() -> None:
    assert of_tax({5: 4}).beyond is None


def test_silence_that_counts_as_good_is_nobody_who_rated() -> None:
    rating = RULES.rating.model_copy(update={"default_counts": True})
    context = Context.of(
        RULES.model_copy(update={"rating": rating}), [COMPOSITE], DIRECTORY, CUT_OFF
    )
    silent = {"tax": did({5: 4}, errands=Errands(reported=100, due=100, rated=4))}
    page = views.board(Scoring(context, COMPOSITE, silent), PERIOD, lambda unit: True)
    [line] = [public_line(each) for each in page["units"] if each["unit"] == "tax"]
    assert line.sample is Sample.FEW


def test_a_unit_is_told_by_rates_and_nothing_in_it_is_a_count_of_ratings() -> None:
    line = of_tax({5: 489, 4: 10, 1: 1})
    assert line.levels == {"5": "97.80%", "4": "2.00%", "3": "0.00%", "2": "0.00%", "1": "0.20%"}
    assert (line.rates["good_rate"].printed, line.score) == ("99.80%", "9.88")
    assert not {"counts", "beside", "behind", "sample_size"} & line.model_dump().keys()
    assert "489" not in line.model_dump_json()


def test_a_bad_share_that_is_not_nothing_is_never_printed_as_nothing() -> None:
    assert shares({"5": 999_999, "1": 1}) == {"5": "100.00%", "1": "0.01%"}
    assert shares({"5": 10, "1": 0}) == {"5": "100.00%", "1": "0.00%"}


counts = st.integers(0, 60) | st.integers(0, 4)
levels = st.dictionaries(st.sampled_from([int(level) for level in Level]), counts)
own = st.fixed_dictionaries(dict.fromkeys(UNITS, levels))


def enlarged(by_unit: Facts, shown: Mapping[str, PublicLine]) -> dict[str, UnitFacts]:
    """A world that has five ratings for each, but for the units of which nothing is told.

    What these lack went straight to the unit above them, or to one that the registry has lost.
    As many cases were late in it; of every other bad rating the case was done in time.
    """
    larger: dict[str, Counter[Cell]] = defaultdict(Counter)
    for unit, did_so in by_unit.items():
        larger[unit] += did_so.cells
        for _ in range(4):
            larger[told_at(unit, shown)] += did_so.cells
    return {
        unit: with_cases(replace(by_unit.get(unit, UnitFacts()), cells=cells))
        for unit, cells in larger.items()
        if unit != NOWHERE
    }


def with_cases(own: UnitFacts) -> UnitFacts:
    """A case for every bad rating: those that were late before, and others done in time."""
    bad = sum(count for cell, count in own.cells.items() if RULES.is_bad(cell.level))
    late = sum(each.verdict is Verdict.OVERDUE_OPEN for each in own.cases)
    return replace(own, cases=handled(late, bad - late))


def handled(late: int, done: int) -> tuple[CaseAtCutOff, ...]:
    """Cases of which some were seen to and some were not."""
    return (
        *(case(Verdict.OVERDUE_OPEN, f"late-{n}") for n in range(late)),
        *(case(Verdict.DONE_ON_TIME, f"done-{n}", replied=True) for n in range(done)),
    )


def told_at(unit: str, shown: Mapping[str, PublicLine]) -> str:
    """The unit itself or the nearest above of which something is told."""
    place: str | None = unit
    while place:
        if shown[place].sample is Sample.ENOUGH:
            return place
        place = DIRECTORY.unit[place].parent
    return DISSOLVED if shown[REGION].sample is Sample.ENOUGH else NOWHERE


def rated(levels: Mapping[int, int], late: int) -> UnitFacts:
    """A unit with these ratings, and one more; of its cases so many are late, if it has as many."""
    bad = levels.get(1, 0) + levels.get(2, 0)
    return with_cases(did(Counter(levels) + Counter({5: 1}), handled(min(late, bad), 0)))


@settings(max_examples=40)
@given(own, st.integers(0, 6), st.sampled_from([COMPOSITE, EFFICIENCY]))
def test_all_that_is_told_reads_the_same_where_no_level_has_fewer_than_five(
    ratings: dict[str, dict[int, int]], late: int, recipe: Recipe
) -> None:
    by_unit = {unit: rated(found, late) for unit, found in ratings.items()}
    real = told(by_unit, recipe)
    larger = enlarged(by_unit, real)
    other = told(larger, recipe)
    assert other == real
    for unit, line in other.items():
        if line.sample is Sample.ENOUGH:
            everything = set(larger) if unit == REGION else DIRECTORY.subtree(unit)
            found = UnitFacts.together([larger[one] for one in everything if one in larger])
            assert all(count >= SMALLEST for count in found.cells.values())


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(0, 400))
def test_late_cases_are_told_by_points_and_never_how_many_were_seen_to(
    late: int, done: int
) -> None:
    line = of_tax({5: 400, 1: 20}, *handled(late, done))
    rate = line.rates["rectified_rate"]
    assert (rate.printed, rate.state) == (None, "withheld")
    assert line == of_tax({5: 400, 1: 20}, *handled(late, done + 1))


def test_a_rate_of_cases_is_told_where_none_was_late() -> None:
    assert of_tax({5: 400}, *handled(0, 2)).rates["rectified_rate"].printed == "100.00%"
    assert of_tax({5: 400}, *handled(5, 15)).rates["rectified_rate"].printed is None
    assert of_tax({5: 400}).rates["rectified_rate"].state == "nothing_due"


def test_two_very_dissatisfied_are_not_worked_out_from_eleven_cases_with_three_late() -> None:
    line = of_tax({5: 826, 4: 40, 3: 3, 2: 9, 1: 2}, *handled(3, 8))
    assert (line.rates["bad_rate"].printed, line.levels["1"]) == ("1.25%", "0.23%")
    larger = {5: 4130, 4: 200, 3: 15, 2: 45, 1: 10}
    assert of_tax(larger, *handled(3, 52)) == line
