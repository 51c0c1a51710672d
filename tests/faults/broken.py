"""Mistakes that somebody might make, to be put into the running services: the bench must see them.

Every one of them is simple, fast, and right as long as nothing goes wrong, or nearly.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from services.adapters import outbox
from services.adapters.bus.consumer import MessageConsumer
from services.adapters.bus.deliveries import Letter
from services.adapters.bus.receiving import Receiving
from services.rectify.repository import Cases
from services.score.kept import Stale
from services.score.repository import Tallies
from services.score.tally import Bucket, Cell
from services.store.intake import Intake
from tests.faults.orders import come_past

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
CELL = ("channel", "stage", "turn", "level", "standing")


def acknowledge_before_insert() -> None:
    """Say that a batch is done, then do it."""

    def batches(self: Any, is_over: Callable[[], bool]) -> Iterator[list[Letter]]:
        while not (is_over() or self._draining.dead):
            if letters := self._gather():
                self._acknowledge(letters)
                yield letters

    Receiving.batches = batches  # type: ignore[method-assign]


def clear_before_publishing() -> None:
    """Take events out of the outbox, then publish them."""

    def relay(self: Any) -> int:
        collection = self.connection.db[self.collection]
        documents = list(collection.find(outbox.PENDING, {"outbox": 1}, limit=outbox.AT_ONCE))
        entries = [(each["_id"], entry) for each in documents for entry in each["outbox"]]
        if entries:
            outbox._clear(collection, documents)
            come_past("after-clear-before-relay")
            self.bus.publish(*(outbox.outgoing(entry, str(id)) for id, entry in entries))
        return len(documents)

    outbox.Outbox.relay = relay  # type: ignore[method-assign]


def increment() -> None:
    """Add what has come since the last time to the tally, instead of counting the tally anew."""
    since: dict[tuple[str, str], datetime] = {}

    def added(self: Any, places: Any) -> list[Bucket]:
        return [_with_newer(self, day, unit, since) for day, unit in places]

    Tallies.recount = added  # type: ignore[method-assign]


def _with_newer(tallies: Any, day: str, unit: str, since: dict[Any, datetime]) -> Bucket:
    kept = tallies._tallies.find_one({"_id": f"{day}|{unit}"})
    bucket = Bucket.unpacked(day, unit, kept["cubes"]) if kept else Bucket(day, unit)
    wanted = {"day": day, "unit": unit, "stored_at": {"$gt": since.get((day, unit), LONG_AGO)}}
    for each in tallies._ratings.find(wanted):
        bucket.add(Cell.of(each.get("window"), *(each[name] for name in CELL)), None, (), 1)
        since[day, unit] = max(each["stored_at"], since.get((day, unit), LONG_AGO))
    return bucket


def watermark() -> None:
    """Count where something was stored after the newest that was counted; forget the touches."""
    newest = [LONG_AGO]

    def stale(self: Any) -> Stale | None:
        found = list(self._ratings.find({"stored_at": {"$gt": newest[0]}}))
        self._touched.delete_many({})
        if not found:
            return None
        newest[0] = max(each["stored_at"] for each in found)
        places = frozenset((each["day"], each["unit"]) for each in found)
        return Stale({}, dict.fromkeys(places, 0) | self._versions(places))

    Tallies.stale = stale  # type: ignore[method-assign]


def random_ids() -> None:
    """Store every press under an id of its own."""
    document = Intake._document

    def drawn(self: Any, *args: Any) -> Any:
        return document(self, *args) | {"_id": str(uuid.uuid4())}

    Intake._document = drawn  # type: ignore[method-assign, assignment]


def acknowledge_past_an_unfinished_one() -> None:
    """Leave one message of a batch for later, and acknowledge up to the last."""
    handle = MessageConsumer._handle

    def all_but_one(self: Any, letters: Sequence[Any]) -> None:
        handle(self, letters[1:] if len(letters) > 1 else letters)

    MessageConsumer._handle = all_but_one  # type: ignore[method-assign]


def claim_then_act() -> None:
    """Note that a rung has come, so that no other replica acts, then act."""

    def escalate(self: Any, before: Any, step: Any, now: datetime) -> bool:
        rungs = list(step.case.escalations)
        guard = {"_id": before.case.id, "rung": len(before.case.escalations)}
        claim = {"$set": {"rung": len(rungs), "escalations": rungs, "next_due_at": None}}
        if self._cases.update_one(guard, claim).matched_count != 1:
            return False
        come_past("between-claim-and-act")
        return bool(self._update(before, step, {"version": before.case.version}, []))

    Cases.escalate = escalate  # type: ignore[method-assign]


BROKEN: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        acknowledge_before_insert,
        clear_before_publishing,
        increment,
        watermark,
        random_ids,
        acknowledge_past_an_unfinished_one,
        claim_then_act,
    )
}
