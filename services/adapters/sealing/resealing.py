"""Seals everything anew that was sealed with a former data key, in the background.

One pass walks every place in the order of the ids, a little at a time. How far it is stands in the
database, so it goes on after a restart; each write is guarded by what was read, so any number of
replicas may walk, and whoever reads meanwhile finds a ciphertext that opens, the old or the new.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pymongo import UpdateOne

from services.adapters.mongo import Db, Document
from services.adapters.sealing.datakeys import key_of
from services.adapters.sealing.sealer import Sealer
from services.contracts.topology import MAX_ATTEMPTS, delay_after
from services.errors import Conflict, NotFound

PLACES = (
    ("ratings", "sealed"),
    ("quarantine", "sealed"),
    ("objections", "sealed"),
    ("device_keys", "keys"),
    ("subscriptions", "secrets"),
    ("sessions", "sealed"),
)
"""Collection and field: a ciphertext, or a list of documents that have one as `sealed`."""
AT_ONCE = 200
STATE = {"_id": "resealing"}
PATIENCE_S = sum(delay_after(attempt) or 0 for attempt in range(MAX_ATTEMPTS))
IN_FLIGHT = timedelta(seconds=PATIENCE_S) + timedelta(days=1)
"""So long a message that was sealed with a former key may still wait on the bus."""


class Progress(BaseModel):
    """A pass: where it is, what it has sealed anew, and what was changed under its hands."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    generation: int
    begun_at: AwareDatetime
    place: int = 0
    after: str = ""
    resealed: int = 0
    missed: int = 0
    ended_at: AwareDatetime | None = None


class Resealing:
    """The passes over one database."""

    def __init__(self, db: Db, sealer: Sealer) -> None:
        self._db, self._sealer = db, sealer
        self._state = db["key_passes"]
        self._known = frozenset[str]()

    def progress(self) -> Progress | None:
        """The pass that goes on, or the last one; None before the first."""
        found = self._state.find_one(STATE)
        return Progress.model_validate(found) if found else None

    def begin(self, now: datetime) -> Progress:
        """Begin a pass anew; one that goes on for the same key is left to go on."""
        before, newest = self.progress(), self._sealer.newest
        if before and before.ended_at is None and before.generation == newest.generation:
            return before
        begun = Progress(generation=newest.generation, begun_at=now)
        self._state.replace_one(STATE, {**STATE, **begun.model_dump()}, upsert=True)
        return begun

    def step(self, now: datetime) -> bool:
        """Do a little of the pass; False when there is nothing to do."""
        before = self.progress()
        if before is None or before.ended_at is not None:
            return False
        self._advance(before, self._walked(before, now))
        return True

    def retire(self, generation: int, now: datetime) -> None:
        """Destroy a data key. Raises NotFound, or Conflict while something may need it."""
        keys = self._sealer.keys
        if generation not in {each.generation for each in keys.all()}:
            raise NotFound(f"There is no data key {generation}")
        succeeded, done = keys.succeeded_at(generation), self.progress()
        if succeeded is None:
            raise Conflict("The newest data key seals what comes in; rotate first")
        if (earliest := succeeded + IN_FLIGHT) > now:
            raise Conflict(
                f"Until {earliest.isoformat(timespec='minutes')} a message that is sealed with "
                "this key may wait on the bus; reseal after that, then retire it"
            )
        clean = done is not None and done.ended_at is not None and not done.missed
        if done is None or not clean or done.begun_at < earliest:
            raise Conflict(
                "No pass that began after the key's last messages came in has ended without a "
                "miss; reseal once more, then retire it"
            )
        keys.remove(generation)

    def _walked(self, before: Progress, now: datetime) -> Progress:
        """The next few documents of a place, or the next place after its last."""
        self._known = frozenset(each.id for each in self._sealer.keys.all())
        name, field = PLACES[before.place]
        wanted = {"_id": {"$gt": before.after}, field: {"$ne": None}}
        found = list(self._db[name].find(wanted, {field: 1}).sort("_id", 1).limit(AT_ONCE))
        writes = [write for each in found if (write := self._renewal(name, field, each))]
        done = self._db[name].bulk_write(writes, ordered=False).matched_count if writes else 0
        counted = {
            "resealed": before.resealed + done,
            "missed": before.missed + len(writes) - done,
        }
        if len(found) == AT_ONCE:
            return before.model_copy(update={**counted, "after": found[-1]["_id"]})
        next_place = before.place + 1
        ended = {"ended_at": now} if next_place == len(PLACES) else {"place": next_place}
        return before.model_copy(update={**counted, **ended, "after": ""})

    def _advance(self, before: Progress, after: Progress) -> None:
        """Unless another replica did the same meanwhile: then its counts stand."""
        at = {"begun_at": before.begun_at, "place": before.place, "after": before.after}
        self._state.update_one({**STATE, **at, "ended_at": None}, {"$set": after.model_dump()})

    def _renewal(self, name: str, field: str, document: Document) -> UpdateOne | None:
        """Seals a document anew unless somebody is faster; None when it need not be."""
        before = document[field]
        after = self._anew(name, before)
        guard = {"_id": document["_id"], field: before}
        return None if after == before else UpdateOne(guard, {"$set": {field: after}})

    def _anew(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [{**each, "sealed": self._anew(name, each["sealed"])} for each in value]
        if name == "quarantine":
            return self._payload(bytes(value))
        return self._ciphertext(bytes(value))

    def _ciphertext(self, sealed: bytes) -> bytes:
        """Anew, unless that is needless, or vain: a stranger's message may carry anything."""
        key = key_of(sealed)
        if key == self._sealer.newest.id or key not in self._known:
            return sealed
        return self._sealer.seal(self._sealer.open(sealed))

    def _payload(self, sealed: bytes) -> bytes:
        """A whole message, in which the press that it carries is sealed once more."""
        if key_of(sealed) not in self._known:
            return sealed
        fields = self._sealer.open(sealed)
        inner = {name: within(text, self._ciphertext) for name, text in fields.items()}
        fits = inner == fields and key_of(sealed) == self._sealer.newest.id
        return sealed if fits else self._sealer.seal(inner)


def within(text: str, anew: Callable[[bytes], bytes]) -> str:
    """A message with the ciphertext that it carries sealed anew; every other letter stays."""
    try:
        carried = json.loads(text)["sealed"]
        before = b64decode(carried, validate=True)
    except (ValueError, TypeError, KeyError):
        return text
    return text.replace(carried, b64encode(anew(before)).decode()) if before else text
