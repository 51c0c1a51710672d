"""What people do about rows of the work list: look, replay after mending, discard with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.adapters.bus import Delivery, Outgoing
from services.adapters.mongo import Document
from services.adapters.outcome import Done, Outcome
from services.adapters.registry import ADMINISTRATOR
from services.contracts import topology
from services.contracts.actor import MAY, Action, Actor
from services.contracts.paging import cursor_at
from services.contracts.vouching import HEADER
from services.errors import Conflict, NotAllowed, NotFound, Unavailable
from services.store.forms import Asked, Listed, Replayed, Shown
from services.store.payload import kind_of, shown
from services.store.quarantine import LEFT, Quarantine

REPLAY = "replay:"
ERASED = "Its payload was erased, for the rater asked for it or its time was over"
AT_ONCE, AT_MOST = 200, 5000
OWN_QUEUES = (topology.STORE_RATINGS, topology.STORE_ERRANDS, topology.STORE_COMMANDS)
CONCLUDED_HERE = {message.routing_key for queue in OWN_QUEUES for message in queue.messages}


def concluded(deliveries: Sequence[Delivery[Any]], outcomes: Sequence[Outcome]) -> list[str]:
    """The keys of rows whose replayed messages are among those that are done."""
    judged = zip(deliveries, outcomes, strict=True)
    traces = [each.trace for each, outcome in judged if isinstance(outcome, Done)]
    return [trace.removeprefix(REPLAY) for trace in traces if trace.startswith(REPLAY)]


@dataclass(frozen=True)
class WorkList:
    """The rows, the key to their payloads, and the bus on which they are replayed."""

    rows: Quarantine
    unseal: Callable[[bytes], dict[str, str]]
    publish: Callable[..., None]
    now: datetime

    def page(self, asked: Asked) -> tuple[list[Listed], str | None]:
        """Rows, and the cursor of the next page if there may be one."""
        found = self.rows.page(asked.state, asked.reason, asked.cursor, asked.limit)
        full = len(found) == asked.limit
        after = cursor_at(found[-1]["last_seen"], found[-1]["_id"]) if full else None
        return [Listed.model_validate(_described(row)) for row in found], after

    def show(self, key: str, actor: Actor) -> Shown:
        """A row; its payload only to whoever may mend it, and masked."""
        row = self._row(key)
        if not actor.roles & MAY[Action.MEND_QUARANTINE]:
            return Shown.model_validate(_described(row))
        if "sealed" not in row:
            return Shown.model_validate(_described(row) | {"why_not": ERASED, "replayable": False})
        text, why_not = self._text(row), None
        try:
            self._must_be_left(row)
            self._letter(row)
        except Conflict as error:
            why_not = error.message
        opened = {"payload": shown(row["kind"], text), "why_not": why_not}
        return Shown.model_validate(_described(row) | opened | {"replayable": why_not is None})

    def replay(self, key: str, actor: Actor) -> Replayed:
        """Publish the original message again; only the store's outcome closes the row.

        Raises Conflict when the row needs no replay or cannot be replayed as it is.
        """
        row = self._row(key)
        self._must_be_left(row)
        self._send([self._letter(row)], [key], actor)
        return Replayed(replaying=1)

    def replay_all(self, reason: str, actor: Actor) -> Replayed:
        """Replay every open row with this reason, up to `AT_MOST` at once."""
        replaying, cannot, after = 0, dict[str, str](), ""
        while rows := self.rows.open_for(reason, after, AT_ONCE):
            letters: dict[str, Outgoing] = {}
            for row in rows:
                try:
                    letters[row["_id"]] = self._letter(row)
                except Conflict as error:
                    cannot[row["_id"]] = error.message
            self._send([*letters.values()], [*letters], actor)
            replaying, after = replaying + len(letters), rows[-1]["_id"]
            if replaying + len(cannot) >= AT_MOST:
                return Replayed(replaying=replaying, cannot=cannot, left=True)
        return Replayed(replaying=replaying, cannot=cannot)

    def discard(self, key: str, reason: str, actor: Actor) -> None:
        """Nothing is to be done, says a person by name; nothing is deleted."""
        if actor.id == ADMINISTRATOR:
            raise NotAllowed(
                "A row is discarded by a named person: sign in with a token of your own, not with "
                "that of the installation"
            )
        row = self._row(key)
        if not self.rows.discard(key, actor.id, reason, self.now):
            raise Conflict(f"The row is {row['state']}; only what is open can be discarded")

    def _row(self, key: str) -> Document:
        row = self.rows.get(key)
        if row is None:
            raise NotFound(f"There is no row {key}")
        return row

    def _must_be_left(self, row: Document) -> None:
        if row["state"] not in LEFT:
            raise Conflict(f"The row is {row['state']}; only what is open can be replayed")

    def _text(self, row: Document) -> str:
        if "sealed" not in row:
            raise Conflict(ERASED)
        return self.unseal(row["sealed"])["text"]

    def _letter(self, row: Document) -> Outgoing:
        """The original message in an envelope of its own, that names the row it comes from.

        What only the edge can read goes back to it, just as it came.
        """
        text = self._text(row)
        if back := row.get("back"):
            return Outgoing(topology.BACK, topology.CAPTURE_RAW.name, text.encode(), headers=back)
        kind = kind_of(row["kind"], text)
        return Outgoing.of(kind, [text.encode()], REPLAY + row["_id"], str(uuid.uuid4()))

    def _send(self, letters: Sequence[Outgoing], keys: Sequence[str], actor: Actor) -> None:
        """First the state, then the bus: the store may be faster than we are."""
        self.rows.begin_replay(keys, actor.id, self.now)
        try:
            self.publish(*letters)
        except Unavailable:
            self.rows.give_back(keys, self.now)
            raise
        pairs = zip(keys, letters, strict=True)
        self.rows.hand_on([key for key, each in pairs if not _concluded_here(each)], self.now)


def _concluded_here(letter: Outgoing) -> bool:
    """Whether the store will say what became of it; of a whole raw letter the edge would."""
    return letter.routing_key in CONCLUDED_HERE or HEADER in letter.headers


def _described(row: Document) -> Document:
    received = row.get("received", len(row.get("receipts", ())))
    return {**row, "id": row["_id"], "count": received + row.get("refused_again", 0)}
