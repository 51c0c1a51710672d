"""What stands beside a good rate, so that it is not read for more than it says."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.printing import HIGHER_RATE
from services.contracts.vocabulary import Channel, Level, Standing
from services.score.errands import Errands
from services.score.facts import UnitFacts
from services.score.honesty import beside, signals, wilson
from services.score.tally import Bucket, Cell, Mark
from tests.unit.score.town import RULES, cell, facts

counts = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def happened(
    cells: dict[Cell, int], marks: dict[Mark, int] | None = None, errands: Errands | None = None
) -> UnitFacts:
    """What was rated, marked and served."""
    return UnitFacts(Counter(cells), errands=errands or Errands(), marks=Counter(marks or {}))


def names(did: UnitFacts) -> list[str]:
    """The signals of a unit."""
    return [each["signal"] for each in signals(facts(did))]


def test_raw_official_and_without_marked_stand_side_by_side() -> None:
    did = happened(
        {cell(5): 90, cell(1): 5, cell(1, standing=Standing.INVALID): 5},
        {
            Mark(None, Channel.PC, Level(5)): 40,
            Mark("burst", Channel.PC, Level(5)): 40,
            Mark("late", Channel.PC, Level(1)): 1,
        },
        Errands(reported=120, due=110, rated=95),
    )
    told = beside(facts(did))
    assert (told["unrated"], told["default"], told["marked"], told["invalidated"]) == (15, 0, 40, 5)
    shown = {
        name: (each["numerator"], each["denominator"]) for name, each in told["good_rate"].items()
    }
    assert shown == {"raw": (90, 100), "official": (90, 95), "without_marked": (50, 55)}


def test_default_ratings_are_told_apart_where_the_rules_count_them() -> None:
    counted = RULES.model_copy(
        update={"rating": RULES.rating.model_copy(update={"default_counts": True})}
    )
    did = happened({cell(5): 50}, errands=Errands(reported=80, due=80, rated=50))
    told = beside(facts(did, counted))
    assert (told["default"], told["unrated"]) == (30, 30)
    assert told["good_rate"]["raw"]["denominator"] == 50
    assert told["good_rate"]["official"]["denominator"] == 80


def test_nothing_rated_has_no_rate_and_no_interval() -> None:
    told = beside(facts(happened({})))
    assert told["good_rate"]["official"] is None
    assert told["interval"] is None


@pytest.mark.parametrize(
    ("good", "total", "low", "high"),
    [(5, 5, 0.566, 1.0), (0, 10, 0.0, 0.278), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_that_of_the_literature(
    good: int, total: int, low: float, high: float
) -> None:
    """81 of 263: R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3."""
    assert wilson(good, total) == pytest.approx((low, high), abs=5e-4)


@given(counts)
def test_an_interval_holds_its_share_and_narrows_with_the_sample(pair: tuple[int, int]) -> None:
    good, total = pair
    low, high = wilson(good, total)
    assert 0 <= low <= good / total + 1e-12
    assert good / total - 1e-12 <= high <= 1
    wider, narrower = high - low, wilson(good * 10, total * 10)
    assert narrower[1] - narrower[0] <= wider


@given(counts)
def test_a_printed_interval_has_two_ends_and_holds_the_printed_rate(pair: tuple[int, int]) -> None:
    good, total = pair
    low, high = (Decimal(text.strip("%")) for text in printed_interval(good, total).split(" – "))
    assert low < high
    assert low <= HIGHER_RATE.figure(Fraction(good, total)) <= high


def test_of_a_rate_that_is_almost_whole_the_interval_is_no_certainty() -> None:
    assert printed_interval(159_995, 160_000) == "99.99% – 100.00%"
    assert printed_interval(5_311_702, 5_312_493) == "99.98% – 99.99%"


def printed_interval(good: int, total: int) -> str:
    """Where the good rate lies, as it is printed."""
    told = beside(facts(happened({cell(5): good, cell(1): total - good})))
    return str(told["interval"]["printed"])


def test_a_channel_that_never_shows_a_bad_rating_is_a_signal() -> None:
    did = happened({cell(5): 900, cell(1): 100, cell(5, Channel.TABLET): 60})
    assert names(did) == ["never_bad:tablet"]


def test_a_small_channel_without_a_bad_rating_is_chance() -> None:
    assert names(happened({cell(5): 900, cell(1): 100, cell(5, Channel.QR): 20})) == []
    assert names(happened({cell(5): 900, cell(5, Channel.QR): 900})) == []


@pytest.mark.parametrize(
    ("rated", "served", "signal"),
    [
        (301, 100, ["more_ratings_than_errands"]),
        (30, 100, ["few_ratings_for_errands"]),
        (150, 100, []),
        (90, 29, []),
    ],
)
def test_ratings_far_from_the_errands_served_are_a_signal(
    rated: int, served: int, signal: list[str]
) -> None:
    assert names(happened({cell(5): rated}, errands=Errands(reported=served))) == signal


def test_marks_are_signals_by_reason_and_only_suspicions_are_marked() -> None:
    bucket = Bucket("2026-10-01", "tax")
    bucket.add(cell(5), None, [], 3, ["burst", "repeated_press"])
    bucket.add(cell(5), None, [], 2, ["retired_tag"])
    bucket.add(cell(5, standing=Standing.INVALID), None, [], 9, ["burst"])
    did = UnitFacts(bucket.cells, marks=bucket.marks)
    assert beside(facts(did))["marked"] == 3
    assert names(did) == ["marked:burst", "marked:repeated_press", "marked:retired_tag"]


def test_marks_survive_the_bucket_and_the_snapshot() -> None:
    bucket = Bucket("2026-10-01", "tax")
    bucket.add(cell(5), "i1", ["510"], 3, ["burst"])
    assert Bucket.unpacked(bucket.day, bucket.unit, bucket.packed()) == bucket
    did: Any = UnitFacts(bucket.cells, bucket.topics, marks=bucket.marks)
    assert UnitFacts.from_plain(did.plain()) == did
