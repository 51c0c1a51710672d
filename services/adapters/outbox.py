"""The relay: publishes the events that documents carry, then clears them from the documents.

Any number of replicas may relay the same event; consumers ignore what they have seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from logging import getLogger
from typing import Any

from eventlet.event import Event
from eventlet.queue import Empty, Queue
from nameko.extensions import DependencyProvider
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from services.adapters.bus.outgoing import Outgoing
from services.adapters.bus.publisher import Bus
from services.adapters.leaving import Leaving
from services.adapters.mongo import Document, Index, Indexes, MongoConnection
from services.adapters.telemetry import Figure, Telemetry
from services.contracts.topology import MESSAGE_TYPES
from services.errors import Unavailable

PENDING = {"outbox.id": {"$gt": ""}}
"""A range, which every server reads off the index; an id is never empty."""
AT_ONCE = 200
LOOK_EVERY_S = 1.0
MOST_TOLD = 1000
_log = getLogger(__name__)


def outbox_index(collection: str) -> Indexes:
    """The index by which pending events are found without reading the collection."""
    return {collection: (Index(("outbox.id",), sparse=True),)}


def outgoing(entry: Document, trace: str) -> Outgoing:
    """The message of an outbox entry; its id is the entry's, however often it is sent."""
    kind = MESSAGE_TYPES[entry["type"]]
    item = kind.model_validate(entry["item"]).as_json()
    return Outgoing.of(kind, [item], trace, entry["id"])


class Outbox(DependencyProvider):
    """Relays the outbox of one collection; `wake` makes it look at once."""

    bus = Bus()
    connection = MongoConnection()
    leaving = Leaving()
    telemetry = Telemetry()

    def __init__(self, collection: str) -> None:
        self.collection = collection
        self._cleared_at = time.monotonic()
        self._wakes: Any = Queue()
        self._stopped = Event()

    def start(self) -> None:
        """Begin to relay."""
        self.telemetry.look_at(f"outbox of {self.collection}", self.waiting)
        self.container.spawn_managed_thread(self._relay_for_ever)

    def stop(self) -> None:
        """Finish what is being relayed, leave."""
        self.leaving.ask()
        self.wake()
        self._stopped.wait()

    def wake(self) -> None:
        """Say that a document with an outbox has been written."""
        self._wakes.put(True)

    def get_dependency(self, worker_ctx: object) -> Outbox:
        """The relay; call `wake` after a write."""
        return self

    def waiting(self) -> Iterator[Figure]:
        """How many documents wait, and since when this process has not seen its outbox empty."""
        collection, of = self.connection.db[self.collection], {"collection": self.collection}
        waiting = len(list(collection.find(PENDING, {"_id": 1}, limit=MOST_TOLD)))
        oldest = time.monotonic() - self._cleared_at if waiting else 0.0
        yield Figure("haoping_outbox_waiting", waiting, of)
        yield Figure("haoping_outbox_oldest_seconds", oldest, of)

    def _relay_for_ever(self) -> None:
        try:
            self.connection.ensure(outbox_index(self.collection))
            while not self.leaving.asked:
                self._relay_or_rest()
        finally:
            self._stopped.send()

    def _relay_or_rest(self) -> None:
        try:
            if self.relay() < AT_ONCE:
                self._doze()
        except (Unavailable, PyMongoError) as error:
            _log.warning("outbox of %s: %s; trying again", self.collection, error)
            self.leaving.rest(LOOK_EVERY_S)

    def _doze(self) -> None:
        with suppress(Empty):
            self._wakes.get(timeout=LOOK_EVERY_S)
            while True:
                self._wakes.get_nowait()

    def relay(self) -> int:
        """Publish what is pending, then clear it; returns how many documents had something."""
        collection, began = self.connection.db[self.collection], time.monotonic()
        documents = list(collection.find(PENDING, {"outbox": 1}, limit=AT_ONCE))
        entries = [(each["_id"], entry) for each in documents for entry in each["outbox"]]
        if entries:
            self.bus.publish(*(outgoing(entry, str(id)) for id, entry in entries))
            _clear(collection, documents)
        if len(documents) < AT_ONCE:
            self._cleared_at = began
        return len(documents)


def _clear(collection: Collection[Document], documents: list[Document]) -> None:
    """In one statement: SecantusDB holds on to a page of ids between the statements of a bulk, and
    six bulks that waited for a store kept it from splitting that page, and everybody from working.
    """
    told = [entry["id"] for each in documents for entry in each["outbox"]]
    collection.update_many(
        {"_id": {"$in": [each["_id"] for each in documents]}},
        {"$pull": {"outbox": {"id": {"$in": told}}}},
    )
