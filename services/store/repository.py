"""Every query of the store."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from services.adapters.mongo import Db, Document, Index, by_ids
from services.adapters.outbox import outbox_index
from services.contracts.vocabulary import Standing

DUPLICATE_KEY = 11000
MOST_RECEIPTS = 100
INDEXES = {
    "ratings": (*outbox_index("ratings")["ratings"], Index(("day", "unit"))),
    "errands": (Index(("day", "unit")),),
    "quarantine": (Index(("state", "last_seen")),),
}


class Fate(Enum):
    """What became of a document that was to be inserted."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "id_conflict"
    ALREADY_RATED = "already_rated"


def fate(new: Document, kept: Mapping[str, Any]) -> Fate:
    """What it means that `kept` already stands under the `_id` of `new` (design, decision 5)."""
    if new["rating_id"] != kept["rating_id"]:
        return Fate.ALREADY_RATED
    return Fate.DUPLICATE if new["fingerprint"] == kept["fingerprint"] else Fate.CONFLICT


class Ratings:
    """The ratings, the errands they are about, and the buckets that they touch."""

    def __init__(self, db: Db) -> None:
        self._ratings, self._errands, self._touched = db["ratings"], db["errands"], db["touched"]

    @contextmanager
    def touching(self, buckets: Sequence[tuple[str, str]], at: datetime) -> Iterator[None]:
        """Say before and after a write which tallies it changes (design, decision 8)."""
        self._touch(buckets, at)
        yield
        self._touch(buckets, at)

    def _touch(self, buckets: Sequence[tuple[str, str]], at: datetime) -> None:
        if buckets:
            named = [list(bucket) for bucket in buckets]
            self._touched.insert_one({"_id": str(uuid.uuid4()), "buckets": named, "at": at})

    def insert(self, documents: Sequence[Document]) -> list[Fate]:
        """Insert once each; whatever stands there already is compared, never overwritten."""
        taken = insert_new(self._ratings, documents)
        known = {"rating_id": 1, "fingerprint": 1, "receipt": 1}
        kept = self._by_id([documents[position]["_id"] for position in taken], known)
        fates = [Fate.STORED] * len(documents)
        for position in taken:
            document = documents[position]
            fates[position] = fate(document, kept[document["_id"]])
        self._record_repeats(documents, fates, kept)
        return fates

    def _by_id(self, ids: Sequence[str], fields: Document) -> dict[str, Document]:
        return {each["_id"]: each for each in by_ids(self._ratings, ids, fields)}

    def _record_repeats(
        self, documents: Sequence[Document], fates: Sequence[Fate], kept: Mapping[str, Document]
    ) -> None:
        """Keep the receipt of every resend, so that what was captured can be counted again.

        A redelivery by the bus carries the receipt that was stored and leaves no mark.
        """
        repeats = [
            document
            for document, each in zip(documents, fates, strict=True)
            if each is Fate.DUPLICATE and document["receipt"] != kept[document["_id"]]["receipt"]
        ]
        room = {f"repeats.{MOST_RECEIPTS - 1}": {"$exists": False}}
        updates = [
            UpdateOne({"_id": each["_id"], **room}, {"$addToSet": {"repeats": each["receipt"]}})
            for each in repeats
        ]
        if updates:
            self._ratings.bulk_write(updates, ordered=False)

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` under which a rating stands."""
        return set(self._by_id(keys, {"_id": 1}))

    def get(self, key: str) -> Document | None:
        """The rating under `key`."""
        return self._ratings.find_one({"_id": key})

    def invalidate(self, rating: Document, invalidity: Document, outbox: Document) -> bool:
        """Mark a valid rating invalid, together with the event that says so."""
        result = self._ratings.update_one(
            {"_id": rating["_id"], "version": rating["version"], "standing": Standing.VALID.value},
            {
                "$set": {"standing": Standing.INVALID.value, "invalidity": invalidity},
                "$inc": {"version": 1},
                "$push": {"outbox": outbox},
            },
        )
        return result.modified_count == 1

    def insert_errands(self, documents: Sequence[Document]) -> None:
        """Insert errands; one that was reported before stays as it was."""
        insert_new(self._errands, documents)

    def errand_units(self, keys: Iterable[str]) -> dict[str, str]:
        """Errand key → the unit that handled it, for those that were reported."""
        return {each["_id"]: each["unit"] for each in by_ids(self._errands, keys, {"unit": 1})}


def insert_new(collection: Any, documents: Sequence[Document]) -> list[int]:
    """Insert what is not there yet; the positions of what was. Raises on any other error."""
    if not documents:
        return []
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        errors = error.details["writeErrors"]
        if any(each["code"] != DUPLICATE_KEY for each in errors):
            raise
        return sorted(each["index"] for each in errors)
    return []
