"""What is in force of all that was imported, for units, their subtrees, and longer periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.directory import Directory
from services.contracts.period import Period
from services.score.facts import UnitFacts, facts_of
from services.score.imports import (
    FIGURES,
    Import,
    Imported,
    Row,
    for_unit,
    in_force,
    over_months,
    together,
)
from services.score.indicators import INDICATORS
from services.score.measure import Measured, State, measure
from services.score.missing import missing
from services.score.span import Span
from tests.unit.score.town import CUT_OFF, DIRECTORY, RECIPES, RULES

KEY = "online_rate"
OCTOBER = Span.of(Period.parse("2026-10"), RULES.region.zone)


def imported(number: int, *rows: Row, source: str = "平台") -> Import:
    """An import of October."""
    return Import(
        period="2026-10", number=number, source=source, by="li", at=CUT_OFF, rows=tuple(rows)
    )


def counted(unit: str, above: int, below: int) -> Row:
    """A row with counts."""
    return Row(unit=unit, figure=KEY, numerator=above, denominator=below)


def row(unit: str, above: int | None, below: int | None, value: Fraction) -> Imported:
    """A figure in force."""
    return Imported(unit, KEY, above, below, value, "平台")


def of(unit: str, *found: Imported) -> Measured:
    """The figure of a unit with its subtree."""
    by_unit = {each.unit: UnitFacts(imports=(each,)) for each in found}
    members = DIRECTORY.subtree(unit)
    facts = facts_of(members, by_unit, DIRECTORY, RULES, CUT_OFF, unit)
    return measure(INDICATORS[KEY], facts)


def test_a_later_import_replaces_unit_by_unit_and_leaves_the_others() -> None:
    first = imported(1, counted("tax", 1, 10), counted("land", 2, 10))
    second = imported(2, counted("tax", 9, 10), source="更正")
    for order in ([first, second], [second, first]):
        found = in_force(order)
        assert (found["tax", KEY].value, found["land", KEY].value) == (
            Fraction(9, 10),
            Fraction(1, 5),
        )
    assert found["tax", KEY].source == "更正 (2026-10/2, li)"


def test_a_figure_that_was_taken_back_is_missing_again() -> None:
    back = imported(2, Row(unit="tax", figure=KEY, withdrawn=True))
    assert in_force([imported(1, counted("tax", 1, 10)), back]) == {}


def test_the_same_content_is_known_again_whatever_its_number() -> None:
    rows = (counted("tax", 1, 10),)
    assert imported(1, *rows).digest == imported(7, *rows).digest
    assert imported(1, *rows).digest != imported(1, *rows, source="other").digest


def test_a_unit_stands_for_its_subtree_by_its_own_row_or_by_the_counts_below_it() -> None:
    below = row("land-north", 8, 10, Fraction(4, 5))
    assert of("land", below).printed == "80.00%"
    assert of("land", below, row("land", 1, 2, Fraction(1, 2))).printed == "50.00%"
    assert of("county", below, row("tax", 2, 10, Fraction(1, 5))).printed == "50.00%"


def test_what_a_unit_imported_itself_is_not_counted_again_in_the_units_above_it() -> None:
    rows = (
        row("land", 90, 100, Fraction(9, 10)),
        row("land-north", 10, 50, Fraction(1, 5)),
        row("tax", 50, 100, Fraction(1, 2)),
    )
    found = of("county", *rows)
    assert (found.numerator, found.denominator) == (140, 200)
    assert of("land", *rows).printed == "90.00%"


def test_rates_without_counts_are_shown_and_never_averaged() -> None:
    bare = row("land-north", None, None, Fraction(39, 40))
    assert of("land-north", bare).printed == "97.50%"
    assert of("county", bare, row("tax", 2, 10, Fraction(1, 5))).state is State.NOT_IMPORTED


def test_what_nobody_imported_is_said_and_is_no_zero() -> None:
    nothing = of("tax")
    assert (nothing.state, nothing.printed, nothing.value) == (
        State.NOT_IMPORTED,
        "未导入",
        None,
    )


shares = st.integers(1, 99).flatmap(lambda below: st.tuples(st.integers(0, below), st.just(below)))


@given(st.lists(shares, min_size=1, max_size=6), st.randoms())
def test_counts_add_up_in_any_order(parts: list[tuple[int, int]], chance: object) -> None:
    rows = [row("tax", a, b, Fraction(a, b)) for a, b in parts]
    whole, turned = together(rows), together(rows[::-1])
    assert whole is not None
    assert turned is not None
    assert (
        whole.value == turned.value == Fraction(sum(a for a, _ in parts), sum(b for _, b in parts))
    )


def test_a_quarter_has_what_each_of_its_months_has() -> None:
    october, november = row("tax", 1, 10, Fraction(1, 10)), row("tax", 5, 10, Fraction(1, 2))
    months: Sequence[dict[tuple[str, str], Imported]] = [
        {("tax", KEY): october, ("land", KEY): replace(october, unit="land")},
        {("tax", KEY): november},
    ]
    found = over_months(months)
    assert {place: each.value for place, each in found.items()} == {("tax", KEY): Fraction(3, 10)}


def test_a_figure_survives_the_snapshot() -> None:
    facts = UnitFacts(imports=(row("tax", None, None, Fraction(1, 3)),))
    assert UnitFacts.from_plain(facts.plain()) == facts


def test_every_figure_is_an_indicator_with_its_source() -> None:
    assert set(FIGURES) <= set(INDICATORS)
    assert all(FIGURES[key].source in INDICATORS[key].source for key in FIGURES)


def test_an_index_misses_its_figures_only_for_the_units_that_it_ranks() -> None:
    appraisal = RECIPES["county-appraisal"]
    assert missing(RECIPES.values(), DIRECTORY, {}, OCTOBER) == []
    everyone = appraisal.model_copy(update={"peers": ("bureaus",)})
    taxes = {("tax", key): None for key in everyone.imported}
    lacking = missing([everyone], DIRECTORY, taxes, OCTOBER)
    assert lacking == sorted(("land", key) for key in everyone.imported)
    own = for_unit("tax", [row("tax", 1, 2, Fraction(1, 2))])
    assert own[KEY].value == Fraction(1, 2)


def test_nothing_is_asked_of_a_county_that_was_dissolved_before_or_founded_after() -> None:
    recipe = RECIPES["county-appraisal"].model_copy(update={"peers": ("bureaus",)})
    moments = {"land": {"active_to": OCTOBER.begins}, "tax": {"active_from": OCTOBER.ends}}
    units = (unit.model_copy(update=moments.get(unit.id, {})) for unit in DIRECTORY.units)
    assert missing([recipe], Directory(units=tuple(units)), {}, OCTOBER) == []
    a_day = timedelta(days=1)
    there = {"land": {"active_to": OCTOBER.begins + a_day}, "tax": {}}
    units = (unit.model_copy(update=there.get(unit.id, {})) for unit in DIRECTORY.units)
    lacking = missing([recipe], Directory(units=tuple(units)), {}, OCTOBER)
    assert {unit for unit, _ in lacking} == {"land", "tax"}
