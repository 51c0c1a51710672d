"""Every query about raters: their ratings, read only, and the objections that they have made."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db, Document
from services.contracts.vocabulary import Turn

PERSONAL = {"sealed": 0, "outbox": 0}


class Rated:
    """The stored ratings without what is personal; the store alone writes them."""

    def __init__(self, db: Db) -> None:
        self._ratings = db["ratings"]

    def first(self, rating_id: str) -> Document | None:
        """The rating under this id; of an append, the first rating that it belongs to."""
        found = self._ratings.find_one({"rating_id": rating_id}, PERSONAL)
        if found is None or found["turn"] != Turn.APPEND:
            return found
        key = found.get("appends") or f"{found['_id'][:-1]}1"
        return self._ratings.find_one({"_id": key}, PERSONAL)

    def append_to(self, rating: Document) -> Document | None:
        """The append to a rating, if there is one."""
        alone = rating["_id"] == rating["rating_id"]
        key = f"{rating['_id']}:2" if alone else f"{rating['_id'][:-1]}2"
        return self._ratings.find_one({"_id": key}, PERSONAL)


class Objections:
    """What raters objected, sealed, by the id of the case; and who has looked at it."""

    def __init__(self, db: Db) -> None:
        self._objections = db["objections"]

    def keep(self, case_id: str, keyed: str, sealed: bytes, now: datetime) -> str:
        """Keep the first objection to a case; returns the keyed hash of the one that is kept."""
        with suppress(DuplicateKeyError):
            said = {"keyed": keyed, "sealed": sealed, "at": now, "looks": []}
            self._objections.insert_one({"_id": case_id, **said})
        return str((self._objections.find_one({"_id": case_id}) or {})["keyed"])

    def look(self, case_id: str, by: str, now: datetime) -> bytes | None:
        """The objection, still sealed; records who looks before anything is shown."""
        look = {"$push": {"looks": {"by": by, "at": now}}}
        if not self._objections.update_one({"_id": case_id}, look).matched_count:
            return None
        return bytes((self._objections.find_one({"_id": case_id}) or {})["sealed"])
