"""Ratings of a day by channel, level and hour; an hour at a time, so that nobody waits for it.

An hour that is over is counted again when a note says that somebody pressed in it since, and at the
latest when twice as long has passed since it ended: a press at home leaves no note, and is counted
after as long again as it was late. A day that nothing is likely to be added to is counted once more
and kept as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from services.adapters.mongo import Db, Document, by_ids
from services.contracts.calendar import DAY, Calendar
from services.store.hourly import Hourly
from services.store.marking import Sightings, Span
from services.store.pace import HOUR, Count

SETTLED_AFTER = timedelta(days=3)
"""As long as a press may wait in a queue."""
PACES = "paces"


@dataclass(frozen=True)
class Counting:
    """The counts as they stand at one moment of business time."""

    db: Db
    calendar: Calendar
    now: datetime

    def of(self, days: Iterable[date]) -> Iterator[Count]:
        """How many ratings of each level came through each channel, hour by hour."""
        listed = list(days)
        kept = {each["_id"]: each for each in by_ids(self.db[PACES], map(str, listed))}
        for day in listed:
            rows = kept[f"{day}"]["rows"] if f"{day}" in kept else self._rows(day)
            yield from (Count(day=day, **row) for row in rows)

    def _rows(self, day: date) -> list[Document]:
        first, end = self.calendar.begins(day), self.calendar.begins(day + DAY)
        rated = self.db["ratings"].find_one({"day": f"{day}"}, {"_id": 1}) is not None
        hours = list(self._hourly.around(first, end - HOUR)) if rated else []
        if self.calendar.local(self.now) - day <= SETTLED_AFTER:
            return [row for rows in self._open(day, hours) for row in rows]
        rows = [row for hour in hours for row in self._counted(day, hour, hour + HOUR)]
        self.db[PACES].replace_one({"_id": f"{day}"}, {"rows": rows}, upsert=True)
        self._hourly.forget(hours)
        return rows

    def _open(self, day: date, hours: list[datetime]) -> Iterator[list[Document]]:
        over = [hour for hour in hours if hour + HOUR <= self.now]
        kept = self._hourly.kept(over)
        for hour in over:
            found = kept.get(hour)
            if found and self._holds(hour, found["counted_at"]):
                yield found["rows"]
            else:
                yield self._recounted(day, hour)
        left = hours[len(over) :]
        yield self._counted(day, left[0], left[-1] + HOUR) if left else []

    def _holds(self, hour: datetime, counted_at: datetime) -> bool:
        end = hour + HOUR
        noted = any(first < end and last >= hour for first, last in self._noted)
        return not noted and self.now - end <= 2 * (counted_at - end)

    def _recounted(self, day: date, hour: datetime) -> list[Document]:
        rows = self._counted(day, hour, hour + HOUR)
        self._hourly.keep(hour, rows, self.now)
        return rows

    def _counted(self, day: date, first: datetime, end: datetime) -> list[Document]:
        within = {"day": f"{day}", "pressed_at": {"$gte": first, "$lt": end}}
        by = {"channel": "$channel", "level": "$level", "hour": {"$hour": "$pressed_at"}}
        counted = {"_id": by, "count": {"$sum": 1}, "last": {"$max": "$pressed_at"}}
        found = self.db["ratings"].aggregate([{"$match": within}, {"$group": counted}])
        return [self._row(each["_id"], each["count"], each["last"]) for each in found]

    def _row(self, by: Document, count: int, last: datetime) -> Document:
        local = last.astimezone(self.calendar.region.zone).hour
        return {**by, "count": count, "last": last, "hour": local}

    @cached_property
    def _noted(self) -> list[Span]:
        notes = Sightings(self.db).waiting().values()
        return [(each["first"], each["last"]) for of_day in notes for each in of_day]

    @cached_property
    def _hourly(self) -> Hourly:
        return Hourly(self.db, self.calendar.region.zone)
