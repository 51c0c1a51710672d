"""Every query about what is personal in ratings: found by the day of the press, and erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.adapters.mongo import Db, Document
from services.contracts.keys import append_key

PERSONAL = ("sealed", "phone_hash", "personal_day")
NAMED = {"rating_id": 1, "turn": 1, "appends": 1}


class Personal:
    """What is personal in ratings: found by the day of the press, and erased."""

    def __init__(self, db: Db) -> None:
        self._ratings = db["ratings"]

    def with_append(self, key: str) -> list[Document]:
        """The rating under this key and its append, as far as they are here."""
        found = self._ratings.find_one({"_id": key}, NAMED)
        if found is None:
            return []
        append = self._ratings.find_one({"_id": append_key(found)}, NAMED)
        return [found, append] if append else [found]

    def key_of(self, rating_id: str) -> str:
        """The key under which a rating stands; its own id while it does not."""
        found = self._ratings.find_one({"rating_id": rating_id}, {"_id": 1})
        return str(found["_id"]) if found else rating_id

    def older_than(self, day: str, limit: int) -> list[Document]:
        """Ratings that keep something personal since before that day, the oldest first."""
        found = self._ratings.find({"personal_day": {"$gt": "", "$lt": day}}, NAMED)
        return list(found.sort("personal_day").limit(limit))

    def erase(self, keys: Sequence[str], why: str, now: datetime) -> None:
        """Erase once; who erased what stands beside it."""
        gone = {"$unset": dict.fromkeys(PERSONAL, ""), "$set": {"erased": {"at": now, "why": why}}}
        if keys:
            once = {"_id": {"$in": list(keys)}, "erased": None}
            self._ratings.update_many(once, gone)

    def hand_over(self, keys: Sequence[str]) -> None:
        """Somebody else decides when these go."""
        if keys:
            handed = {"$unset": {"personal_day": ""}}
            self._ratings.update_many({"_id": {"$in": list(keys)}}, handed)
