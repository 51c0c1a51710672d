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

from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db, Document, Index, by_ids, taken
from services.adapters.outbox import outbox_index
from services.adapters.telemetry.work import trace_at_hand
from services.contracts.sequence import rating_id
from services.store.quarantine import CLOSED, LEFT
from services.store.sequences import DeviceReport, Heartbeat, Kept, Waiting, numbers, report

Change = tuple[Document, Document]
"""Which document, as it is expected to be, and the update."""
MOST_RECEIPTS = 100
MOST_SOUGHT = 2000
PERSONAL = ("sealed", "phone_hash", "personal_day")
NAMED = {"rating_id": 1, "turn": 1, "appends": 1}
PROBES_KEPT, MOST_AT_ONCE = 20, 200
FORGED = "forged"
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


class Personal:
    """What is personal in ratings: found by the day of the press, and erased."""

    def __init__(self, db: Db) -> None:
        self._ratings = db["ratings"]

    def with_append(self, key: str) -> list[Document]:
        """The rating under this key and its append, as far as they are here."""
        found = self._ratings.find_one({"_id": key}, NAMED)
        if found is None:
            return []
        alone = found["_id"] == found["rating_id"]
        append = self._ratings.find_one({"_id": f"{key}:2" if alone else f"{key[:-1]}2"}, NAMED)
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


class Counted:
    """What is kept of the presses that devices counted."""

    def __init__(self, db: Db) -> None:
        self._ratings, self._rows = db["ratings"], db["quarantine"]
        self._heartbeats = db[HEARTBEATS]

    def report(self, device: str, current_epoch: int) -> DeviceReport:
        """Gaps and repeats of a device, epoch by epoch."""
        of_device = {"numbered.device": device}
        shown = {"_id": 0, "numbered": 1, "repeats": 1, "reason": 1, "state": 1}
        kept = [_kept(each) for each in self._ratings.find(of_device, shown)]
        rows = self._rows.find({**of_device, "state": {"$ne": CLOSED}}, shown)
        heard = self._heartbeats.find({"device": device}, {"_id": 0})
        heartbeats = [Heartbeat.model_validate(each) for each in heard]
        waiting = [_waiting(each) for each in rows]
        found = report(device, current_epoch, kept, waiting, heartbeats)
        waiting += self._refused_unread(found)
        return report(device, current_epoch, kept, waiting, heartbeats)

    def _refused_unread(self, found: DeviceReport) -> list[Waiting]:
        """Rows of presses that nobody could read, for what is missing: found by the rating id.

        Looks for the first `MOST_SOUGHT` of an epoch; what somebody forged stands for no press.
        """
        sought = {
            str(rating_id(found.device, each.epoch, number)): (each.epoch, number)
            for each in found.epochs
            for number in numbers(each.missing, MOST_SOUGHT)
        }
        rows = by_ids(self._rows, sought, {"reason": 1, "state": 1})
        return [
            Waiting(*sought[row["_id"]], row["reason"], row["state"] in LEFT)
            for row in rows
            if row["state"] != CLOSED and row["reason"] != FORGED
        ]


def _kept(rating: Document) -> Kept:
    number = rating["numbered"]
    return Kept(number["epoch"], number["sequence"], len(rating.get("repeats", ())))


def _waiting(row: Document) -> Waiting:
    number = row["numbered"]
    return Waiting(number["epoch"], number["sequence"], row["reason"], row["state"] in LEFT)


def insert_new(collection: Any, documents: Sequence[Document]) -> list[int]:
    """Insert what is not there yet; the positions of what was. Raises on any other error."""
    if not documents:
        return []
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        return taken(error)
    return []
