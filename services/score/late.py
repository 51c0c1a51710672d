"""Presses that came after the horizon of a published month: listed, and no longer scored. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.contracts.period import Period
from services.score.facts import UnitFacts
from services.score.tally import Bucket, Cell


@dataclass(frozen=True)
class Late:
    """A rating that came in late: its key, its bucket, and what it counts as."""

    key: str
    received_at: datetime
    bucket: Bucket

    @classmethod
    def of(cls, rating: Mapping[str, Any]) -> Late:
        """Read a document of `ratings`."""
        bucket = Bucket(rating["day"], rating["unit"])
        codes = (rating[name] for name in ("channel", "stage", "turn", "level", "standing"))
        cell = Cell.of(rating.get("window"), *codes)
        tags, marks = rating.get("tags") or (), rating.get("marks") or ()
        bucket.add(cell, rating.get("item"), tags, 1, marks)
        return cls(rating["_id"], rating["received_at"], bucket)

    def plain(self) -> dict[str, Any]:
        """What the API shows."""
        return {
            "rating": self.key,
            "day": self.bucket.day,
            "unit": self.bucket.unit,
            "received_at": self.received_at.isoformat(),
        }


def horizon(period: Period, months: int, ends: datetime) -> datetime:
    """The moment after which a press of `period` is listed, not scored: so many months later."""
    after = period.last.month + months
    year, month = period.last.year + after // 12, after % 12 + 1
    return datetime(year, month, 1, tzinfo=ends.tzinfo)


def without(facts: Mapping[str, UnitFacts], late: Iterable[Late]) -> dict[str, UnitFacts]:
    """The facts as if these ratings, and the cases about them, had not come."""
    by_unit: dict[str, list[Late]] = {}
    for each in late:
        by_unit.setdefault(each.bucket.unit, []).append(each)
    return {unit: _without(own, by_unit.get(unit, [])) for unit, own in facts.items()}


def _without(own: UnitFacts, late: Iterable[Late]) -> UnitFacts:
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
