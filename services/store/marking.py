"""Marks what stands out among its neighbours, after it was stored, by a recorded step.

The batch only notes on which days and between which moments somebody pressed. A sweep reads those
stretches with a margin, a day at a time, and adds the marks that are missing. What is to be
marked does not depend on the order of arrival, so any number of sweeps may look at the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.adapters.mongo import AT_ONCE, Db, Document
from services.contracts.keys import errand_key
from services.contracts.rules import Marks, Rules
from services.store.hourly import Hourly
from services.store.intake import local_day
from services.store.linking import buckets
from services.store.marks import Seen, among, place_of, reach
from services.store.repository import Change, Ratings

FEW = 1000
STRETCH = timedelta(minutes=15)
"""A province sends some 40,000 presses in its busiest quarter of an hour: 15 MB of them at once."""
SHOWN = "source_system errand_number stage occurrence channel device window pressed_at".split()
Span = tuple[datetime, datetime]


class Sightings:
    """Where and when somebody pressed since the last sweep: one small document a batch and day."""

    def __init__(self, db: Db) -> None:
        self._db, self._spans, self._ratings = db, db["unswept"], db["ratings"]

    def note(self, spans: Mapping[str, Span]) -> None:
        """Note, after a write, what a sweep must look at."""
        if spans:
            self._spans.insert_many(
                {"_id": str(uuid.uuid4()), "day": day, "first": first, "last": last}
                for day, (first, last) in spans.items()
            )

    def waiting(self) -> dict[str, list[Document]]:
        """Some of what was noted, by day."""
        found: dict[str, list[Document]] = {}
        for each in self._spans.find({}, limit=FEW):
            found.setdefault(each["day"], []).append(each)
        return found

    def settled(self, noted: Sequence[Document], zone: tzinfo) -> None:
        """Forget what a sweep has looked at; the hours in which somebody pressed are counted anew.

        `zone` is that of the region, whose hours they are.
        """
        hourly = Hourly(self._db, zone)
        spans = ((each["first"], each["last"]) for each in noted)
        hourly.forget({hour for span in spans for hour in hourly.around(*span)})
        ids = [each["_id"] for each in noted]
        for start in range(0, len(ids), AT_ONCE):
            self._spans.delete_many({"_id": {"$in": ids[start : start + AT_ONCE]}})

    def between(self, days: Iterable[str], first: datetime, last: datetime) -> Iterator[Seen]:
        """Presses at places on these days, from the first moment to the last."""
        for day in sorted(days):
            within = {"day": day, "pressed_at": {"$gte": first, "$lte": last}}
            for each in self._ratings.find(within, dict.fromkeys(SHOWN, 1)):
                place = place_of(each["channel"], each["device"], each["window"])
                if place:
                    yield Seen(place, each["pressed_at"], each["_id"], _named(each))


def _named(rating: Document) -> str | None:
    """The errand that the press names, whichever it was joined to since."""
    if rating["errand_number"] is None:
        return None
    names = ("source_system", "errand_number", "stage", "occurrence")
    return errand_key(*(rating[name] for name in names))


@dataclass(frozen=True)
class Sweep:
    """One look at what was noted."""

    ratings: Ratings
    sightings: Sightings
    rules: Rules
    now: datetime

    def run(self) -> int:
        """Mark what stands out on one day; how many presses were read."""
        noted = next(iter(self.sightings.waiting().values()), [])
        read = 0
        if noted and self.rules.marks:
            first, last = min(each["first"] for each in noted), max(each["last"] for each in noted)
            read = sum(self._look(*each, self.rules.marks) for each in stretches(first, last))
        self.sightings.settled(noted, self.rules.region.zone)
        return read

    def _look(self, first: datetime, last: datetime, limits: Marks) -> int:
        margin = reach(limits)
        span = first - margin, last + margin
        seen = list(self.sightings.between({local_day(at, self.rules) for at in span}, *span))
        found: dict[str, dict[str, str]] = {}
        for key, mark, reason in among(seen, limits):
            found.setdefault(key, {})[mark] = reason
        self._mark(found)
        return len(seen)

    def _mark(self, found: Mapping[str, Mapping[str, str]]) -> None:
        """One statement after the other: nobody waits for marks, and a bulk of them that waits for
        a busy store holds SecantusDB up (adapters/outbox.py).
        """
        new = [
            (rating, self._marking(key, mark, reason))
            for key, rating in self.ratings.read(found).items()
            for mark, reason in found[key].items()
            if mark not in rating["marks"]
        ]
        touched = sorted({bucket for rating, _ in new for bucket in buckets(rating)})
        with self.ratings.touching(touched, self.now):
            for _, change in new:
                self.ratings.change([change])

    def _marking(self, key: str, mark: str, reason: str) -> Change:
        step = {"mark": mark, "at": self.now}
        return (
            {"_id": key, "marks": {"$ne": mark}},
            {
                "$push": {"marks": mark, "marked": step},
                "$set": {f"why_marked.{mark}": reason},
                "$inc": {"version": 1},
            },
        )


def stretches(first: datetime, last: datetime) -> Iterator[Span]:
    """A time cut into pieces of `STRETCH`, so that what is read at once stays small."""
    while last - first > STRETCH:
        yield first, first + STRETCH
        first += STRETCH
    yield first, last
