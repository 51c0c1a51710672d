"""The work list of what could not be stored: nothing is dropped, everything has a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from services.adapters.mongo import Db, Document, by_ids
from services.contracts.events import RatingSubmitted
from services.contracts.paging import Place

OPEN, REPLAYING, CLOSED, FINAL, DISCARDED = "open", "replaying", "closed", "final", "discarded"
STATES = (OPEN, REPLAYING, CLOSED, FINAL, DISCARDED)
LEFT = (OPEN, REPLAYING)
FEW = 500
MOST_COUNTED = 5000
RECEIPTS_KEPT = 100


@dataclass(frozen=True)
class Row:
    """Something to look at: a key, a reason, the sealed payload, and the receipt it came under.

    `state` is FINAL for an outcome that nobody can mend, such as a service that was rated already.
    `back` are the headers with which a raw press or letter returns to the edge.
    """

    key: str
    reason: str
    detail: str
    sealed: bytes
    receipt: str
    kind: str
    state: str = OPEN
    submitted_by: str | None = None
    numbered: Document | None = None
    back: dict[str, str] | None = None


def body_key(body: bytes) -> str:
    """The key of a payload that has no id we can read."""
    return hashlib.sha256(body).hexdigest()


class Quarantine:
    """The quarantine collection. Every row keeps the history of what was done about it."""

    def __init__(self, db: Db) -> None:
        self._rows = db["quarantine"]

    def file(self, rows: Sequence[Row], now: datetime) -> None:
        """Add rows, or count them again; the same receipt is not counted twice.

        Of a row that comes again and again, only the newest receipts are remembered.
        A row that was being replayed was refused again, and is open once more; one whose payload
        was erased stays without.
        """
        if rows:
            known = by_ids(self._rows, {row.key for row in rows}, {"state": 1, "erased": 1})
            states = {each["_id"]: str(each["state"]) for each in known}
            erased = {each["_id"] for each in known if each.get("erased")}
            filings = [_filing(row, now, row.key in erased) for row in rows]
            self._rows.bulk_write(filings, ordered=False)
            counting = [_counting(row) for row in rows]
            self._rows.bulk_write([*counting, *_returning(rows, states, now)], ordered=False)

    def close(self, keys: Sequence[str], now: datetime) -> None:
        """The ratings under `keys` have been stored: nothing is left to do for them."""
        if not keys:
            return
        left = self._rows.find({"state": {"$in": LEFT}}, {"_id": 1}, limit=FEW)
        few = [each["_id"] for each in left]
        mended = list(keys) if len(few) == FEW else list(set(few) & set(keys))
        if mended:
            closing = _to(CLOSED, {"did": "stored", "at": now})
            closing["$set"]["closed_at"] = now
            self._rows.update_many({"_id": {"$in": mended}, "state": {"$in": LEFT}}, closing)

    def left(self) -> dict[str, int]:
        """How many rows are in each state in which something is left to do."""
        return {
            state: len(list(self._rows.find({"state": state}, {"_id": 1}, limit=MOST_COUNTED)))
            for state in LEFT
        }

    def get(self, key: str) -> Document | None:
        """The row under `key`, with its sealed payload."""
        return self._rows.find_one({"_id": key})

    def page(
        self, state: str, reason: str | None, before: Place | None, limit: int
    ) -> list[Document]:
        """Rows in a state, newest first, without their payloads, from a place in the list on."""
        query: dict[str, Any] = {"state": state} | ({"reason": reason} if reason else {})
        if before:
            seen, key = before
            query["$or"] = [{"last_seen": {"$lt": seen}}, {"last_seen": seen, "_id": {"$lt": key}}]
        found = self._rows.find(query, {"sealed": 0, "history": 0})
        return list(found.sort([("last_seen", -1), ("_id", -1)]).limit(limit))

    def open_for(self, reason: str, after: str, limit: int) -> list[Document]:
        """Open rows with this reason and their payloads, by key, from the one `after` on."""
        query = {"state": OPEN, "reason": reason, "_id": {"$gt": after}}
        return list(
            self._rows.find(query, {"sealed": 1, "kind": 1, "back": 1}).sort("_id", 1).limit(limit)
        )

    def begin_replay(self, keys: Sequence[str], by: str, now: datetime) -> None:
        """From now on it is for the store to say what became of them."""
        self._move(keys, LEFT, REPLAYING, {"did": "replay", "by": by, "at": now})

    def give_back(self, keys: Sequence[str], now: datetime) -> None:
        """The bus did not take them: they are as open as before."""
        self._move(keys, (REPLAYING,), OPEN, {"did": "not_replayed", "at": now})

    def hand_on(self, keys: Sequence[str], now: datetime) -> None:
        """The bus holds them for another service; if that refuses them, they open again."""
        self._move(keys, (REPLAYING,), CLOSED, {"did": "handed_on", "at": now})

    def discard(self, key: str, by: str, reason: str, now: datetime) -> bool:
        """A person says that nothing is to be done; False unless something was left to do."""
        step = {"did": "discard", "by": by, "reason": reason, "at": now}
        return self._move([key], LEFT, DISCARDED, step) == 1

    def erase(self, rating_id: str, why: str, now: datetime) -> bool:
        """Erase the payloads of a rating; what was to be mended is mended no more. Whether it was
        here.
        """
        rows = list(self._rows.find(_of_rating(rating_id), {"state": 1}))
        self._erase([row["_id"] for row in rows], why, now)
        left = [row["_id"] for row in rows if row["state"] in LEFT]
        self._move(left, LEFT, DISCARDED, {"did": "discard", "reason": f"erased: {why}", "at": now})
        return bool(rows)

    def erase_settled(self, before: datetime, limit: int, now: datetime) -> int:
        """Erase payloads of rows that nothing is left to do for, last seen before that moment."""
        settled = {"$in": [state for state in STATES if state not in LEFT]}
        old = {"state": settled, "last_seen": {"$lt": before}, "sealed": {"$ne": None}}
        keys = [row["_id"] for row in self._rows.find(old, {"_id": 1}, limit=limit)]
        self._erase(keys, "retention", now)
        return len(keys)

    def _erase(self, keys: Sequence[str], why: str, now: datetime) -> None:
        gone = {"$set": {"erased": {"at": now, "why": why}}, "$unset": {"sealed": ""}}
        if keys:
            self._rows.update_many({"_id": {"$in": list(keys)}}, gone)

    def _move(self, keys: Sequence[str], before: Sequence[str], after: str, step: Document) -> int:
        if not keys:
            return 0
        expected = {"_id": {"$in": list(keys)}, "state": {"$in": list(before)}}
        return self._rows.update_many(expected, _to(after, step)).modified_count


def _of_rating(rating_id: str) -> Document:
    """A row under the id of a rating, and those of other contents under the same id."""
    others = {"$gte": f"{rating_id}:", "$lt": f"{rating_id};"}
    return {"$or": [{"_id": rating_id}, {"_id": others}]}


def _to(state: str, step: Document) -> dict[str, Document]:
    return {"$set": {"state": state}, "$push": {"history": step}}


def _filing(row: Row, now: datetime, erased: bool) -> UpdateOne:
    """The newest payload stands, with its kind; where one was erased, none comes back."""
    known = {"numbered": row.numbered, "submitted_by": row.submitted_by, "back": row.back}
    return UpdateOne(
        {"_id": row.key},
        {
            "$setOnInsert": {"first_seen": now, "state": row.state},
            "$set": {
                "kind": row.kind,
                "reason": row.reason,
                "detail": row.detail,
                **({} if erased else {"sealed": row.sealed}),
                "last_seen": now,
                **{name: value for name, value in known.items() if value},
            },
            **({} if row.back else {"$unset": {"back": ""}}),
        },
        upsert=True,
    )


def _counting(row: Row) -> UpdateOne:
    newest = {"$each": [row.receipt], "$slice": -RECEIPTS_KEPT}
    counted = {"$inc": {"received": 1}, "$push": {"receipts": newest}}
    return UpdateOne({"_id": row.key, "receipts": {"$ne": row.receipt}}, counted)


def _returning(rows: Sequence[Row], states: dict[str, str], now: datetime) -> Iterator[UpdateOne]:
    """The moves of rows that were here before and have come again."""
    for row in {each.key: each for each in rows}.values():
        before = states.get(row.key)
        if before == REPLAYING or (before == CLOSED and row.kind != RatingSubmitted.__name__):
            step = {"did": "refused_again", "reason": row.reason, "at": now}
            move = _to(row.state, step) | {"$inc": {"refused_again": 1}}
            yield UpdateOne({"_id": row.key, "state": before}, move)
        elif before == OPEN and row.state == FINAL:
            step = {"did": "final", "reason": row.reason, "at": now}
            yield UpdateOne({"_id": row.key, "state": OPEN}, _to(FINAL, step))
