"""Counts of single hours, kept until a day is settled: how often each channel was rated in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo

from services.adapters.mongo import Db, Document, by_ids
from services.store.pace import HOUR

COLLECTION = "pace_hours"


class Hourly:
    """The hours that were counted, each by the moment at which it begins."""

    def __init__(self, db: Db, zone: tzinfo) -> None:
        self._hours, self._zone = db[COLLECTION], zone

    def kept(self, hours: Iterable[datetime]) -> dict[datetime, Document]:
        """What is kept of these hours: the rows, and when they were counted."""
        names = {_name(each): each for each in hours}
        return {names[each["_id"]]: each for each in by_ids(self._hours, names)}

    def keep(self, hour: datetime, rows: Sequence[Document], now: datetime) -> None:
        """Keep the rows of an hour as they were counted at `now`."""
        kept = {"_id": _name(hour), "rows": list(rows), "counted_at": now}
        self._hours.replace_one({"_id": kept["_id"]}, kept, upsert=True)

    def forget(self, hours: Iterable[datetime]) -> None:
        """They are counted again, or were counted for good."""
        self._hours.delete_many({"_id": {"$in": [_name(each) for each in hours]}})

    def around(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """The hours of local clocks from one moment to another, both inside."""
        local = first.astimezone(self._zone).replace(minute=0, second=0, microsecond=0)
        hour = local.astimezone(UTC)
        while hour <= last:
            yield hour
            hour += HOUR


def _name(hour: datetime) -> str:
    return hour.astimezone(UTC).isoformat(timespec="minutes")
