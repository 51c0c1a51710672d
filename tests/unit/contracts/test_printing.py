"""Printing never claims what did not happen; places follow what is printed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.printing import HIGHER_RATE, LOWER_RATE, POINTS, SHARE, ranks, ranks_within

counts = st.integers(1, 10**9)
scores = st.decimals(0, 10, places=1)


@given(st.integers(1, 1000), counts)
def test_a_printed_hundred_percent_never_hides_an_exception(exceptions: int, more: int) -> None:
    rate = 1 - Fraction(exceptions, exceptions + more)
    assert HIGHER_RATE.figure(rate) < 100
    assert HIGHER_RATE.text(Fraction(1)) == "100.00%"


@given(st.integers(1, 1000), counts)
def test_a_printed_zero_percent_never_hides_an_exception(exceptions: int, more: int) -> None:
    assert LOWER_RATE.figure(Fraction(exceptions, exceptions + more)) > 0
    assert LOWER_RATE.text(Fraction(0)) == "0.00%"


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_printing_keeps_the_order_of_values(one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    for printing in (SHARE, HIGHER_RATE, LOWER_RATE, POINTS):
        assert printing.figure(low) <= printing.figure(high)


@given(st.fractions(0, 1))
def test_a_printed_value_is_less_than_one_last_digit_away(value: Fraction) -> None:
    for printing in (SHARE, HIGHER_RATE, LOWER_RATE):
        assert abs(Fraction(printing.figure(value)) - value * 100) < Fraction(1, 100)


@pytest.mark.parametrize(
    ("count", "printed"),
    [
        (9958, "40.16%"),
        (6358, "25.64%"),
        (4581, "18.48%"),
        (3885, "15.67%"),
        (8, "0.03%"),
        (3, "0.01%"),
    ],
)
def test_the_channel_shares_of_weiyuan_2020_print_as_published(count: int, printed: str) -> None:
    assert SHARE.text(Fraction(count, 24793)) == printed


def test_kaifeng_and_weiyuan_print_as_published() -> None:
    assert HIGHER_RATE.text(1 - Fraction(9, 5_150_000)) == "99.99%"
    assert HIGHER_RATE.text(1 - Fraction(12, 24793)) == "99.95%"


def test_equal_printed_scores_share_a_place_and_the_next_place_is_skipped() -> None:
    printed = {"a": Decimal("9.9"), "b": Decimal("9.9"), "c": Decimal("9.8")}
    assert ranks(printed) == {"a": 1, "b": 1, "c": 3}


def test_units_are_ranked_among_their_peers_only() -> None:
    printed = {"a": Decimal(9), "b": Decimal(8), "c": Decimal(1)}
    assert ranks_within({"a": "x", "b": "x", "c": "y"}, printed) == {"a": 1, "b": 2, "c": 1}


@given(st.dictionaries(st.text(max_size=3), scores, max_size=30))
def test_a_place_is_one_more_than_the_number_of_better_ones(printed: dict[str, Decimal]) -> None:
    for name, place in ranks(printed).items():
        assert place == 1 + sum(other > printed[name] for other in printed.values())
