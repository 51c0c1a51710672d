"""What a window is shown of its own results gives no single rating away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.contracts.vocabulary import Channel, Level, Stage, Standing, Turn
from services.score.kept import Kept
from services.score.ownwindow import MonthAtWindow, _months, shown_month, suppressed
from services.score.suppression import SMALLEST
from services.score.tally import Bucket, Cell

CHANNELS = load_rules(ROOT / "config" / "rules", "weiyuan").channels.by_code


def day(day: str, counts: Mapping[Any, int], window: str = "w1", **other: Any) -> Kept:
    """A day's tally of a unit: so many ratings of each level at a window."""
    cells = Counter(
        {
            Cell(
                window, Channel.TABLET, Stage.COMPLETED, Turn.FIRST, Level(level), Standing.VALID
            )._replace(**other): n
            for level, n in counts.items()
        }
    )
    return Kept(day, "tax", 1, 1, Bucket(day, "tax", cells).packed())


def test_a_month_is_added_up_for_the_window_alone() -> None:
    kept = [
        day("2020-02-03", {5: 7, 4: 3}),
        day("2020-02-04", {5: 3, 4: 2, 3: 9, 2: 5, 1: 5}),
        day("2020-02-04", {5: 90}, window="w2"),
        day("2020-03-01", {5: 90}),
    ]
    assert shown_month("2020-02", "w1", kept, CHANNELS) == MonthAtWindow(
        month="2020-02", levels={5: 10, 4: 5, 3: 9, 2: 5, 1: 5}, total=34
    )


def test_what_is_invalid_or_appended_does_not_count() -> None:
    kept = [
        day("2020-02-03", {5: 7}),
        day("2020-02-04", {5: 9}, standing=Standing.INVALID),
        day("2020-02-05", {5: 9}, turn=Turn.APPEND),
    ]
    assert shown_month("2020-02", "w1", kept, CHANNELS).levels[5] == 7


@given(st.dictionaries(st.sampled_from(Level), st.integers(0, 50)))
def test_no_group_smaller_than_five_is_told_nor_can_be_worked_out(levels: dict[Level, int]) -> None:
    told = suppressed(levels)
    assert all(count is None or count >= SMALLEST for count in told.values())
    month = shown_month("2020-02", "w1", [day("2020-02-03", {**levels})], CHANNELS)
    assert (month.total is None) == (None in told.values())


def test_only_months_that_are_over_are_shown() -> None:
    assert [f"{first:%Y-%m}" for first in _months(date(2020, 3, 31))][:3] == [
        "2020-02",
        "2020-01",
        "2019-12",
    ]
