"""Published figures are read as they were published, and divided without losing any."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.console.demo.published import (
    PRINTED_SHARES,
    apportioned,
    levels,
    weiyuan_channels,
)
from services.console.demo.reckon import cut, half_up
from services.console.demo.rules import levels_in_force
from services.score.tally import mean_points

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(0, 10**7), min_size=1).filter(
    lambda counts: sum(counts.values()) > 0
)


def test_the_county_published_24793_ratings() -> None:
    assert sum(weiyuan_channels().values()) == 24_793


def test_half_up_gives_the_six_shares_that_the_county_printed() -> None:
    counts = weiyuan_channels()
    total = sum(counts.values())
    shares = {channel: half_up(Fraction(count, total)) for channel, count in counts.items()}
    assert shares == PRINTED_SHARES


def test_cutting_off_would_not_give_them() -> None:
    counts = weiyuan_channels()
    total = sum(counts.values())
    shares = {channel: cut(Fraction(count, total)) for channel, count in counts.items()}
    assert sum(shares[channel] != PRINTED_SHARES[channel] for channel in shares) == 2


def test_the_function_that_scores_months_gives_the_level_mean_of_guangdong() -> None:
    mean = mean_points(levels("广东省", "2021-01"), levels_in_force().points)
    assert round(float(mean), 4) == 9.9727


@given(COUNTS, st.integers(0, 10**6))
def test_shares_of_a_total_add_up_and_are_off_by_less_than_one(
    counts: dict[str, int], total: int
) -> None:
    split = apportioned(counts, total)
    whole = sum(counts.values())
    assert sum(split.values()) == total
    assert all(abs(Fraction(counts[key] * total, whole) - split[key]) < 1 for key in counts)
