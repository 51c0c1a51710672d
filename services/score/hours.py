"""How many ratings came in which hour: kept by day, counted anew once the tallies of a day changed.

Hours are not in the tallies: they would make every bucket ten times as large for one picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

from services.adapters.mongo import Db, Document
from services.score.overview import Hour
from services.score.tally import COUNTING

LOOK_BACK = timedelta(days=35)
KIND = {"unit": "$unit", "hour": {"$hour": "$pressed_at"}, "level": "$level"}


class Hours:
    """The hours of ratings that enter rates, by day."""

    def __init__(self, db: Db) -> None:
        self._hours, self._tallies, self._ratings = db["hours"], db["tallies"], db["ratings"]

    def refresh(self, today: date) -> int:
        """Count the days of the last five weeks whose tallies have changed; how many there were.

        Safe on any number of replicas: what is counted depends on nothing but the ratings.
        """
        since = f"{today - LOOK_BACK}"
        known = self._hours.find({"_id": {"$gte": since}}, {"of": 1})
        counted = {each["_id"]: each["of"] for each in known}
        stale = [each for each in self._versions(since).items() if counted.get(each[0]) != each[1]]
        for day, version in stale:
            self._recount(day, version)
        return len(stale)

    def _versions(self, since: str) -> dict[str, int]:
        """By day, a number that grows with every change of one of its buckets."""
        summed: list[Document] = [
            {"$match": {"day": {"$gte": since}}},
            {"$group": {"_id": "$day", "of": {"$sum": "$version"}}},
        ]
        return {each["_id"]: each["of"] for each in self._tallies.aggregate(summed)}

    def _recount(self, day: str, version: int) -> None:
        wanted = {"day": day, **COUNTING}
        found = self._ratings.aggregate(
            [{"$match": wanted}, {"$group": {"_id": KIND, "n": {"$sum": 1}}}]
        )
        rows = sorted([*(each["_id"][name] for name in KIND), each["n"]] for each in found)
        new = {"of": version, "rows": json.dumps(rows, separators=(",", ":"))}
        self._hours.replace_one({"_id": day}, new, upsert=True)

    def between(self, first: date, last: date) -> Iterator[Hour]:
        """The hours of these days, both inside."""
        for each in self._hours.find({"_id": {"$gte": f"{first}", "$lte": f"{last}"}}):
            yield from (Hour(each["_id"], *row) for row in json.loads(each["rows"]))
