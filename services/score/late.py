"""Presses that came after the horizon of a published month: listed, and no longer scored. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from services.contracts.period import Period
from services.contracts.vocabulary import Turn
from services.score.facts import UnitFacts
from services.score.tally import Bucket, Cell


@dataclass(frozen=True)
class Late:
    """A rating that came in late: its key, its bucket, and what it counts as.

    `rates` is the day of the errand that is rated by it; None for an append, or without an errand.
    """

    key: str
    received_at: datetime
    bucket: Bucket
    rates: date | None = None

    @classmethod
    def of(cls, rating: Mapping[str, Any]) -> Late:
        """Read a document of `ratings`."""
        bucket = Bucket(rating["day"], rating["unit"])
        codes = (rating[name] for name in ("channel", "stage", "turn", "level", "standing"))
        cell = Cell.of(rating.get("window"), *codes)
        tags, marks = rating.get("tags") or (), rating.get("marks") or ()
        bucket.add(cell, rating.get("item"), tags, 1, marks)
        return cls(rating["_id"], rating["received_at"], bucket, _rates(rating))

    def pressed_in(self, period: Period) -> bool:
        """Whether it is a rating of the period."""
        return date.fromisoformat(self.bucket.day) in period

    def plain(self) -> dict[str, Any]:
        """What the API shows."""
        return {
            "rating": self.key,
            "day": self.bucket.day,
            "unit": self.bucket.unit,
            "received_at": self.received_at.isoformat(),
        }


def _rates(rating: Mapping[str, Any]) -> date | None:
    errand = rating.get("errand")
    return date.fromisoformat(errand["day"]) if errand and rating["turn"] == Turn.FIRST else None


def horizon(period: Period, months: int, ends: datetime) -> datetime:
    """The moment after which a press of `period` is listed, not scored: so many months later."""
    after = period.last.month + months
    year, month = period.last.year + after // 12, after % 12 + 1
    return datetime(year, month, 1, tzinfo=ends.tzinfo)


def without(
    facts: Mapping[str, UnitFacts], late: Iterable[Late], period: Period
) -> dict[str, UnitFacts]:
    """The facts of a period as if these ratings, and the cases about them, had not come.

    An errand of the period is unrated again, in whichever month the press was.
    """
    by_unit: dict[str, list[Late]] = {}
    for each in late:
        by_unit.setdefault(each.bucket.unit, []).append(each)
    return {unit: _without(own, by_unit.get(unit, []), period) for unit, own in facts.items()}


def _without(own: UnitFacts, late: Sequence[Late], period: Period) -> UnitFacts:
    unrated = sum(each.rates is not None and each.rates in period for each in late)
    rated = max(0, own.errands.rated - unrated)
    kept = replace(own, errands=replace(own.errands, rated=rated))
    return _unpressed(kept, [each for each in late if each.pressed_in(period)])


def _unpressed(own: UnitFacts, late: Iterable[Late]) -> UnitFacts:
    cells, topics, marks = Counter(own.cells), Counter(own.topics), Counter(own.marks)
    keys = set()
    for each in late:
        cells.subtract(each.bucket.cells)
        topics.subtract(each.bucket.topics)
        marks.subtract(each.bucket.marks)
        keys.add(each.key)
    return replace(
        own,
        cells=+cells,
        topics=+topics,
        marks=+marks,
        cases=tuple(case for case in own.cases if case.rating_key not in keys),
        bad=tuple(key for key in own.bad if key not in keys),
        invalid=tuple(key for key in own.invalid if key not in keys),
    )
