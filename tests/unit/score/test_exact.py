"""Numbers as people write them, and cells as spreadsheets read them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.contracts.csvfile import csv_text, safe
from services.contracts.exact import exact


@pytest.mark.parametrize("written", ["0.95", "95%", "19/20", " 95 % ", "95％", 0.95, "9.5e-1"])
def test_the_same_value_in_every_way_of_writing(written: object) -> None:
    assert exact(written) == Fraction(19, 20)


@pytest.mark.parametrize(
    "written",
    ["", "six", "1/0", "1e999999999", "9" * 40, "nan", "inf", "1/2/3", "0.5/2", True, None],
)
def test_what_is_no_number_of_a_sensible_size_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        exact(written)


@given(st.floats(-1e15, 1e15))
@example(0.0015189637099177872)
@example(0.00012345678901234567)
def test_a_number_of_a_spreadsheet_is_read_as_it_is_shown(number: float) -> None:
    assert abs(number) < 1e-99 or float(exact(number)) == number


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-0.43", "-0.43"), ("税务", "税务"), (5, 5), ("-a", "'-a")],
)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(cell: object, shown: object) -> None:
    assert safe(cell) == shown
    assert csv_text([[cell]]).strip() == str(shown)
