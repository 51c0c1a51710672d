"""The published months, as published: what agrees, and the traps that do not."""

from __future__ import annotations

import csv
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.printing import HIGHER_RATE, Printing, Rounding
from services.contracts.vocabulary import Level
from services.score.reconcile import Published, reconcile
from tests.unit.score.town import CONFIG, RULES

with (CONFIG.parent / "data" / "published_months.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def of(place: str, month: str) -> Published:
    """What a place published."""
    return Published.of(row for row in ROWS if (row["place"], row["month"]) == (place, month))


def found(place: str, month: str) -> dict[str, tuple[str, str, bool]]:
    """What comes of it."""
    findings = reconcile(of(place, month), RULES.levels.points)
    return {each.what: (each.published, each.computed, each.agrees) for each in findings}


def test_guangdong_january_2020_adds_up_and_its_printed_mean_is_not_the_mean() -> None:
    told = found("广东省", "2020-01")
    assert told["sum of channels"] == ("2752087", "2752087", True)
    assert told["mean of points"] == ("7.8", "6.8708", False)


def test_guangdong_january_2021_is_off_by_one_and_prints_ten() -> None:
    told = found("广东省", "2021-01")
    assert told["sum of channels"] == ("6149345", "6149345", True)
    assert told["level counts and channels in levels"] == ("5312493", "5312492", False)
    assert told["mean of points"] == ("10", "9.9727", True)
    assert told["no tag more often than bad ratings"] == ("212", "791", True)


def test_every_published_share_of_weiyuan_is_printed_the_same() -> None:
    told = found("渭源县", "2020")
    assert len(told) == 6
    assert all(agrees for _, _, agrees in told.values())


def test_rates_of_other_places_as_they_were_printed() -> None:
    one_decimal = Printing(Rounding.HALF_UP, 1)
    assert one_decimal.text(Fraction(14301, 14330)) == "99.8%"
    assert HIGHER_RATE.text(Fraction(14301, 14330)) == "99.79%"
    panyu = of("番禺区", "2023").single
    assert (
        Printing(Rounding.HALF_UP, percent=False).text(
            Fraction(panyu["reviews_active"]) / Fraction(panyu["errands"])
        )
        == "1.82"
    )


def test_every_published_place_can_be_read() -> None:
    places = {(row["place"], row["month"]) for row in ROWS}
    assert len(places) == 7
    for place, month in places:
        list(reconcile(of(place, month), RULES.levels.points))


@pytest.mark.parametrize("field", ["channel:网", "level:5", "reviews_total"])
def test_a_single_changed_number_is_found(field: str) -> None:
    rows = [("channel:网", 60), ("channel:厅", 40), ("level:5", 90), ("level:1", 10)]
    rows.append(("reviews_total", 100))
    told = [{"field": name, "value": f"{n + (name == field)}", "source": ""} for name, n in rows]
    findings = list(reconcile(Published.of(told), RULES.levels.points))
    assert not all(each.agrees for each in findings)


@given(st.dictionaries(st.sampled_from(Level), st.integers(1, 10**7), min_size=1))
def test_a_mean_that_was_truly_printed_agrees(levels: dict[Level, int]) -> None:
    exact = Fraction(
        sum(RULES.levels.points[level] * n for level, n in levels.items()), sum(levels.values())
    )
    for way in Rounding:
        printed = f"{Printing(way, 2, percent=False).figure(exact)}"
        rows = [
            {"field": f"level:{int(level)}", "value": f"{n}", "source": ""}
            for level, n in levels.items()
        ]
        rows.append({"field": "printed_average", "value": printed, "source": ""})
        assert all(each.agrees for each in reconcile(Published.of(rows), RULES.levels.points))
