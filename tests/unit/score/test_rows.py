"""Rows of an import: all of them or none, and every mistake by its row."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.score.imports import Row
from services.score.rows import NotImported, checked

UNITS = {"tax": "税务", "land": "国土", "land-north": "国土北所", "region": "全区域"}
GOOD = {"unit": "tax", "figure": "online_rate", "numerator": 9, "denominator": 10}


def read(*rows: Mapping[str, Any], allowed: Any = UNITS) -> tuple[Row, ...]:
    """The rows of an import of October, numbered from 2 as under a line of headings."""
    return checked(list(enumerate(rows, 2)), "2026-10", UNITS, allowed)


def mistakes(*rows: Mapping[str, Any], **options: Any) -> list[dict[str, Any]]:
    """What is said about wrong rows."""
    with pytest.raises(NotImported) as raised:
        read(*rows, **options)
    errors: list[dict[str, Any]] = raised.value.extra["errors"]
    return errors


def test_a_figure_is_counted_or_a_rate_in_whatever_way_people_write_it() -> None:
    assert read(GOOD) == (Row(unit="tax", figure="online_rate", numerator=9, denominator=10),)
    for written in ("97.5%", 0.975, "39/40", " 0.975 ", "97.5％"):
        [row] = read({"unit": "税务", "figure": "网办率", "value": written})
        assert (row.unit, row.figure, row.value) == ("tax", "online_rate", Fraction(39, 40))


def test_a_number_from_a_spreadsheet_may_have_separators_or_a_point() -> None:
    [row] = read({**GOOD, "numerator": "1,234", "denominator": 2000.0})
    assert (row.numerator, row.denominator) == (1234, 2000)


def test_a_figure_is_taken_back_by_name() -> None:
    [row] = read({"unit": "tax", "figure": "online_rate", "value": "撤回"})
    assert row.withdrawn


def test_one_wrong_row_keeps_every_row_out_and_all_mistakes_are_told_at_once() -> None:
    wrong = {**GOOD, "unit": "nowhere"}, {**GOOD, "unit": "land", "figure": "happiness"}
    told = mistakes(GOOD, *wrong)
    assert [(each["row"], each["pointer"]) for each in told] == [
        (3, "/rows/1/unit"),
        (4, "/rows/2/figure"),
    ]
    assert "choose one of hotline_on_time_rate" in told[1]["detail"]


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"numerator": 11}, "numerator", "is no share"),
        ({"denominator": 0, "numerator": 0}, "numerator", "is no share"),
        ({"numerator": -1}, "numerator", "is no share"),
        ({"numerator": 1.5}, "numerator", "whole numbers and go together"),
        ({"numerator": True}, "numerator", "whole numbers and go together"),
        ({"denominator": ""}, "numerator", "go together"),
        ({"value": "80%"}, "value", "80% is not 9 ÷ 10"),
        ({"period": "2026-09"}, "period", "this row is of 2026-09"),
        ({"numerator": None, "denominator": None}, "value", "write 97.5% or 0.975"),
        (
            {"numerator": None, "denominator": None, "value": "97.5"},
            "value",
            "97.5 is no rate; write 97.5%",
        ),
        ({"numerator": None, "denominator": None, "value": "good"}, "value", "good is no rate"),
        ({"numerator": None, "denominator": None, "value": True}, "value", "is no rate"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(
    changes: dict[str, Any], field: str, remedy: str
) -> None:
    [told] = mistakes({**GOOD, **changes})
    assert told["pointer"] == f"/rows/0/{field}"
    assert remedy in told["detail"]
    assert told["detail"].startswith("row 2: ")


def test_a_rate_that_was_rounded_by_its_publisher_may_stand_beside_its_counts() -> None:
    [row] = read({**GOOD, "numerator": 14301, "denominator": 14330, "value": "99.80%"})
    assert row.numerator == 14301


def test_the_same_unit_and_figure_twice_is_a_mistake() -> None:
    assert "row 2 has this unit and figure" in mistakes(GOOD, GOOD)[0]["detail"]


def test_nobody_imports_for_units_outside_their_own() -> None:
    [told] = mistakes(GOOD, allowed={"land"})
    assert "outside your units" in told["detail"]


def test_an_import_without_rows_is_no_import() -> None:
    assert "there are no rows" in mistakes()[0]["detail"]


@given(
    st.dictionaries(
        st.sampled_from(["unit", "figure", "numerator", "denominator", "value"]),
        st.none() | st.booleans() | st.text(max_size=6) | st.integers() | st.floats(),
        max_size=5,
    )
)
def test_whatever_stands_in_a_row_it_is_read_or_refused_with_a_reason(row: dict[str, Any]) -> None:
    try:
        rows = read(row)
    except NotImported as error:
        rows, told = (), error.extra["errors"]
    else:
        told = []
    assert len(rows) == 1 or all(each["detail"] for each in told)
    assert bool(rows) is not bool(told)
