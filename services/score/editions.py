"""How often the tallies of a day have changed: who has read a day knows when to read it again."""

from __future__ import annotations

from collections.abc import Iterable

from services.adapters.mongo import Db, by_ids, each_alike


class Editions:
    """By day, a number that grows after every change of one of its buckets.

    Ask for it before reading the buckets: what is read then is at least as new as that edition.
    """

    def __init__(self, db: Db) -> None:
        self._days = db["tally_days"]

    def of(self, days: Iterable[str]) -> dict[str, int]:
        """The edition of each of these days; 0 where nothing was counted yet."""
        wanted = list(days)
        found = by_ids(self._days, wanted)
        return dict.fromkeys(wanted, 0) | {each["_id"]: each["edition"] for each in found}

    def renew(self, days: Iterable[str]) -> None:
        """Say that buckets of these days have changed."""
        each_alike(self._days, sorted(set(days)), {"$inc": {"edition": 1}})
