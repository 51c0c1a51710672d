"""The ratings: every query about them but what is personal and what was counted, and indexes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from services.adapters.mongo import Db, Document, Index, by_ids, taken
from services.adapters.outbox import outbox_index
from services.adapters.telemetry.work import trace_at_hand

Change = tuple[Document, Document]
"""Which document, as it is expected to be, and the update."""
MOST_RECEIPTS = 100
PROBES_KEPT, MOST_AT_ONCE = 20, 200
NUMBERED = Index(("numbered.device", "numbered.epoch", "numbered.sequence"), sparse=True)
INDEXES = {
    "ratings": (
        *outbox_index("ratings")["ratings"],
        Index(("day", "unit")),
        Index(("day", "pressed_at")),
        Index(("rating_id",)),
        NUMBERED,
        Index(("dissatisfied_day",), sparse=True),
        Index(("phone_hash",), sparse=True),
        Index(("personal_day",), sparse=True),
    ),
    "errands": (Index(("day", "unit")),),
    "probes": (Index(("kind",)),),
    "quarantine": (Index(("state", "last_seen")), NUMBERED),
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
    """The ratings, and the buckets that they touch."""

    def __init__(self, db: Db) -> None:
        self._ratings, self._touched = db["ratings"], db["touched"]
        self._probes = db["probes"]

    @contextmanager
    def touching(self, buckets: Sequence[tuple[str, str]], at: datetime) -> Iterator[None]:
        """Say before and after a write which tallies it changes (design, decision 8)."""
        self._touch(buckets, at)
        yield
        self._touch(buckets, at)

    def _touch(self, buckets: Sequence[tuple[str, str]], at: datetime) -> None:
        if buckets:
            named = [list(bucket) for bucket in buckets]
            note = {"_id": str(uuid.uuid4()), "buckets": named, "at": at}
            self._touched.insert_one({**note, "traceparent": trace_at_hand().header})

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

    def keep_probe(self, document: Document) -> None:
        """Keep a probe, and of its kind (sender, channel, level) only the newest few."""
        self._probes.replace_one({"_id": document["_id"]}, document, upsert=True)
        of_kind = self._probes.find({"kind": document["kind"]}, {"received_at": 1})
        newest_first = sorted(of_kind, key=lambda each: each["received_at"], reverse=True)
        if old := [each["_id"] for each in newest_first[PROBES_KEPT:]]:
            self._probes.delete_many({"_id": {"$in": old[:MOST_AT_ONCE]}})

    def probe_sent_as(self, rating_id: str, by: str) -> Document | None:
        """The probe that `by` sent under this id, while it is among the newest of its kind."""
        return self._probes.find_one({"_id": rating_id, "submitted_by": by})

    def sent_as(self, rating_id: str, by: str) -> Document | None:
        """The rating that `by` sent under this id; a linked one stands under another `_id`."""
        return self._ratings.find_one(
            {"rating_id": rating_id, "submitted_by": by}, {"stored_at": 1}
        )

    def decide(self, rating: Document, decision: Document, outbox: Sequence[Document]) -> bool:
        """Give a rating its new standing, with the event that says so; False when it changed."""
        result = self._ratings.update_one(
            {"_id": rating["_id"], "version": rating["version"]},
            {
                "$set": {"standing": decision["standing"]},
                "$inc": {"version": 1},
                "$push": {"decisions": decision, "outbox": {"$each": list(outbox)}},
            },
        )
        return result.modified_count == 1

    def change(self, changes: Sequence[Change]) -> None:
        """Change each rating if it still is as the filter says; read again to know which were."""
        if changes:
            updates = [UpdateOne(expected, update) for expected, update in changes]
            self._ratings.bulk_write(updates, ordered=False)

    def read(self, keys: Iterable[str]) -> dict[str, Document]:
        """The ratings under these keys, without what is sealed in them."""
        return self._by_id(sorted(keys), {"sealed": 0, "outbox": 0})


def insert_new(collection: Any, documents: Sequence[Document]) -> list[int]:
    """Insert what is not there yet; the positions of what was. Raises on any other error."""
    if not documents:
        return []
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        return taken(error)
    return []
