"""The work list of what could not be stored: nothing is dropped, everything has a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne

from services.adapters.mongo import Db, Document

OPEN, CLOSED, FINAL = "open", "closed", "final"
MOST_LISTED = FEW = 500


@dataclass(frozen=True)
class Row:
    """Something to look at: a key, a reason, the sealed payload, and when it was received.

    `state` is FINAL for an outcome that nobody can mend, such as a service that was rated already.
    """

    key: str
    reason: str
    detail: str
    sealed: bytes
    receipt: str
    kind: str
    state: str = OPEN


def body_key(body: bytes) -> str:
    """The key of a payload that has no id we can read."""
    return hashlib.sha256(body).hexdigest()


class Quarantine:
    """The quarantine collection."""

    def __init__(self, db: Db) -> None:
        self._rows = db["quarantine"]

    def file(self, rows: Sequence[Row], now: datetime) -> None:
        """Add rows, or count them again; the same receipt is never counted twice."""
        if rows:
            self._rows.bulk_write([_filing(row, now) for row in rows], ordered=False)

    def close(self, keys: Sequence[str], now: datetime) -> None:
        """The ratings under `keys` have been stored: nothing is left to do for them."""
        few = [each["_id"] for each in self._rows.find({"state": OPEN}, {"_id": 1}, limit=FEW)]
        mended = list(keys) if len(few) == FEW else list(set(few) & set(keys))
        if mended:
            closing = {"$set": {"state": CLOSED, "closed_at": now}}
            self._rows.update_many({"_id": {"$in": mended}, "state": OPEN}, closing)

    def listed(self, state: str) -> list[Document]:
        """The newest rows in a state, without their sealed payloads."""
        found = self._rows.find({"state": state}, {"sealed": 0, "receipts": 0})
        return list(found.sort("last_seen", -1).limit(MOST_LISTED))


def _filing(row: Row, now: datetime) -> UpdateOne:
    return UpdateOne(
        {"_id": row.key},
        {
            "$setOnInsert": {"first_seen": now, "state": row.state, "kind": row.kind},
            "$set": {
                "reason": row.reason,
                "detail": row.detail,
                "sealed": row.sealed,
                "last_seen": now,
            },
            "$addToSet": {"receipts": row.receipt},
        },
        upsert=True,
    )
