"""Every query about raters: their ratings, read only, what they objected, what was erased."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db, Document
from services.contracts.commands import EraseRater
from services.contracts.keys import append_key, first_key
from services.contracts.outbox import entry
from services.contracts.vocabulary import Turn

ERASURES = "erasures"
PERSONAL = {"sealed": 0, "phone_hash": 0, "outbox": 0}


class Rated:
    """The stored ratings without what is personal; the store alone writes them."""

    def __init__(self, db: Db) -> None:
        self._ratings = db["ratings"]

    def first(self, rating_id: str) -> Document | None:
        """The rating under this id; of an append, the first rating that it belongs to."""
        found = self._ratings.find_one({"rating_id": rating_id}, PERSONAL)
        if found is None or found["turn"] != Turn.APPEND:
            return found
        return self._ratings.find_one({"_id": first_key(found)}, PERSONAL)

    def of_key(self, key: str | None) -> Document | None:
        """The rating under this key."""
        return self._ratings.find_one({"_id": key}, PERSONAL) if key else None

    def of_phone(self, keyed: str) -> list[str]:
        """The keys of the first ratings whose rater, then or in the append, left this number."""
        found = self._ratings.find({"phone_hash": keyed}, {"rating_id": 1, "turn": 1, "appends": 1})
        return list(dict.fromkeys(first_key(each) for each in found))

    def append_to(self, rating: Document) -> Document | None:
        """The append to a rating, if there is one."""
        return self._ratings.find_one({"_id": append_key(rating)}, PERSONAL)


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
        sealed = (self._objections.find_one({"_id": case_id}) or {}).get("sealed")
        return bytes(sealed) if sealed else None

    def erase(self, case_id: str) -> None:
        """The words go; that there was an objection, its keyed hash and who looked at it stay."""
        self._objections.update_one({"_id": case_id}, {"$unset": {"sealed": ""}})


class Erasures:
    """Every erasure that was ordered: who, when, why; the store is told through the outbox."""

    def __init__(self, db: Db) -> None:
        self._erasures = db[ERASURES]

    def keep(self, command: EraseRater, said: Mapping[str, str], now: datetime) -> None:
        """Keep an erasure, once under its command id."""
        about = {"rating_id": command.rating_id, "rating_key": command.rating_key, "at": now}
        told = {"outbox": [entry(f"erase:{command.command_id}", 1, 0, command)]}
        with suppress(DuplicateKeyError):
            self._erasures.insert_one({"_id": command.command_id, **about, **said, **told})
