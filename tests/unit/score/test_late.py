"""What is taken out again of a period when it came in after the horizon."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.contracts.period import Period
from services.score.errands import Errands
from services.score.facts import Facts, UnitFacts
from services.score.indicators import INDICATORS
from services.score.late import Late, without
from services.score.measure import measure
from tests.unit.score.town import RULES, did, rating

OCTOBER = Period.parse("2026-10")
SERVED = Errands(40, 40, 31)


def late(day: str, errand_day: str | None, **changes: Any) -> Late:
    """A bad rating of the tax office that came in long after."""
    errand = {"key": "s:1:completed:1", "day": errand_day} if errand_day else None
    came = datetime(2027, 2, 2, tzinfo=UTC)
    return Late.of(rating(day, level=1, received_at=came, errand=errand, **changes))


def left(*came: Late) -> UnitFacts:
    """What stays of thirty good ratings, a bad one, and forty errands of which 31 were rated."""
    return without({"tax": did({5: 30, 1: 1}, errands=SERVED)}, came, OCTOBER)["tax"]


@pytest.mark.parametrize(
    ("day", "errand_day", "ratings", "rated"),
    [
        ("2026-10-09", "2026-10-08", 30, 30),
        ("2026-11-02", "2026-10-30", 31, 30),
        ("2026-10-02", "2026-09-30", 30, 31),
        ("2026-10-09", None, 30, 31),
        ("2026-11-09", None, 31, 31),
    ],
)
def test_a_late_press_is_out_of_its_month_and_its_errand_unrated_in_its_own(
    day: str, errand_day: str | None, ratings: int, rated: int
) -> None:
    kept = left(late(day, errand_day))
    assert (kept.cells.total(), kept.errands.rated) == (ratings, rated)


def test_a_late_append_leaves_its_errand_rated() -> None:
    assert left(late("2026-11-09", "2026-10-08", turn=2)).errands.rated == 31


def test_where_silence_counts_as_good_an_errand_that_was_rated_late_is_silent_again() -> None:
    silence = RULES.rating.model_copy(update={"default_counts": True})
    facts = Facts(
        left(late("2026-10-09", "2026-10-08")), RULES.model_copy(update={"rating": silence})
    )
    shown = measure(INDICATORS["good_rate"], facts)
    assert (shown.numerator, shown.denominator) == (40, 40)
