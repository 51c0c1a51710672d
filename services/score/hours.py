"""How many ratings came in which hour: kept by day, counted anew once the tallies of a day changed.

Hours are not in the tallies: they would make every bucket ten times as large for one picture.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from services.adapters.breathing import breathing
from services.adapters.mongo import Db
from services.adapters.remembered import Remember, forgetful
from services.contracts.period import days_between
from services.score.daily import Units
from services.score.editions import Editions
from services.score.overview import Hour
from services.score.tally import COUNTING

LOOK_BACK = timedelta(days=35)
EDITION = {"edition": 1}
KIND = {"unit": "$unit", "hour": {"$hour": "$pressed_at"}, "level": "$level"}


class Hours:
    """The hours of ratings that enter rates, by day."""

    def __init__(self, db: Db, remember: Remember = forgetful) -> None:
        self._hours, self._ratings = db["hours"], db["ratings"]
        self._editions, self._remember = Editions(db), remember

    def refresh(self, today: date) -> int:
        """Count the days of the last five weeks whose tallies have changed; how many there were.

        Safe on any number of replicas: what is counted depends on nothing but the ratings.
        """
        since = today - LOOK_BACK
        counted = self._counted(since, today)
        editions = self._editions.of(map(str, days_between(since, today)))
        stale = [each for each in editions.items() if counted.get(each[0], 0) != each[1]]
        for day, edition in stale:
            self._recount(day, edition)
        return len(stale)

    def _counted(self, first: date, last: date) -> dict[str, int]:
        """By day, the edition of its tallies that its hours were counted at."""
        days = {"_id": {"$gte": f"{first}", "$lte": f"{last}"}}
        return {each["_id"]: each.get("edition", 0) for each in self._hours.find(days, EDITION)}

    def _recount(self, day: str, edition: int) -> None:
        wanted = {"day": day, **COUNTING}
        found = self._ratings.aggregate(
            [{"$match": wanted}, {"$group": {"_id": KIND, "n": {"$sum": 1}}}]
        )
        rows = sorted([*(each["_id"][name] for name in KIND), each["n"]] for each in found)
        new = {"edition": edition, "rows": json.dumps(rows, separators=(",", ":"))}
        self._hours.replace_one({"_id": day}, new, upsert=True)

    def between(self, first: date, last: date, units: Units = None) -> Iterator[Hour]:
        """The hours of these days, both inside, of some units together or of all."""
        for day, edition in breathing(self._counted(first, last).items()):
            yield from self._of(day, edition, units)

    def _of(self, day: str, edition: int, units: Units) -> list[Hour]:
        found: list[Hour] = self._remember(
            ("hours", day, units), edition, lambda: self._read(day, units)
        )
        return found

    def _read(self, day: str, units: Units) -> list[Hour]:
        counts: Counter[tuple[int, int]] = Counter()
        kept = self._hours.find_one({"_id": day}) or {"rows": "[]"}
        for unit, hour, level, count in json.loads(kept["rows"]):
            if units is None or unit in units:
                counts[hour, level] += count
        return [Hour(day, *when, count) for when, count in sorted(counts.items())]
