"""Charts: nothing that there is disappears, and nothing that there is not is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.charts import SHADES, columns, log_part, nice_top, shade

COUNTS = st.lists(st.integers(0, 20_000_000), min_size=1, max_size=90)


@given(COUNTS)
def test_every_bar_fits_and_what_is_not_nothing_is_seen(values: list[int]) -> None:
    for value, bar in zip(values, columns(values, 720, 110), strict=True):
        assert bar.x >= 0
        assert bar.x + bar.width <= 721
        assert (bar.height > 0) == (value > 0)
        assert bar.y >= 0
        assert bar.y + bar.height == pytest.approx(110, abs=0.11)


@given(COUNTS)
def test_the_top_of_a_scale_is_a_round_number_that_holds_everything(values: list[int]) -> None:
    top = nice_top(values)
    assert top >= max(1, *values)
    assert str(top).rstrip("0") in {"1", "2", "5"}


def test_one_bad_rating_in_ten_thousand_fills_a_fifth_of_its_bar() -> None:
    assert log_part(1, 10_000) == pytest.approx(0.2)
    assert log_part(10_000, 10_000) == 1
    assert log_part(0, 10_000) == 0
    assert 0 < log_part(1, 14_000_000) < 0.05


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_is_never_lighter(one: int, other: int) -> None:
    most = max(one, other)
    shades = [shade(each, most) for each in sorted((one, other))]
    assert shades == sorted(shades)
    assert max(shades) < SHADES
    assert (shade(one, most) == 0) == (one == 0)
