"""The one greenlet of a service that writes its audit; entries that come together go together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from logging import getLogger
from typing import Any

import eventlet
import pymongo
from eventlet.event import Event
from eventlet.queue import Empty, Queue
from pymongo.errors import PyMongoError

from services.adapters.clock import Clock
from services.adapters.ledger.chain import AuditChain
from services.adapters.mongo import Document
from services.errors import Unavailable

AT_ONCE, MOST_WAITING = 200, 5000
LOOK_EVERY_S, AGAIN_AFTER_S, PATIENCE_S = 1.0, 0.5, 5.0
WAIT_S = 10.0
SAME_TIME = timedelta(seconds=1)
NOT_KEPT = "This was carried out, but is not yet in the audit; look before you send it again"
UNWRITABLE = "some of this could not be kept"
ALWAYS = frozenset(
    {"id", "at", "actor", "roles", "action", "route", "outcome", "status", "address", "trace"}
)
Waiting = tuple[list[Document], Event | None]
_log = getLogger(__name__)


class Writer:
    """Writes for ever; `failing` says that the last attempt failed and is being made again.

    `counted` gives what else is to be written by now, and all there is when told that it is over.
    `clock` tells the business time where that can differ from the wall clock's.
    """

    def __init__(
        self,
        chain: AuditChain,
        counted: Callable[[bool], list[Document]],
        clock: Clock | None,
    ) -> None:
        self._chain, self._counted, self._clock = chain, counted, clock
        self._waiting: Any = Queue()
        self._closing, self._closed = False, Event()
        self.failing = False

    def keep(self, entries: list[Document]) -> None:
        """Return when they are kept. Raises Unavailable when that takes too long."""
        kept = Event()
        self._waiting.put((entries, kept))
        try:
            with eventlet.Timeout(WAIT_S):
                kept.wait()
        except eventlet.Timeout:
            raise Unavailable(NOT_KEPT) from None

    def note(self, entries: list[Document]) -> None:
        """Let them be kept soon; lost, with a line in the log, when very much waits already."""
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put((entries, None))
        else:
            _log.error("too much waits for the audit; lost: %s", entries)

    def close(self) -> None:
        """Write what waits, then no more."""
        if not self._closing:
            self._closing = True
            self._waiting.put(([], None))
        self._closed.wait()

    def run(self) -> None:
        """Write until closed, or killed."""
        try:
            while not self._write_next():
                pass
        finally:
            self._closed.send()

    def _write_next(self) -> bool:
        """Write what waits; whether that was the end."""
        batch = self._next()
        over = self._closing and self._waiting.empty()
        self._write([each for entries, _ in batch for each in entries] + self._counted(over))
        for _, kept in batch:
            if kept is not None:
                kept.send()
        return over

    def _next(self) -> list[Waiting]:
        batch: list[Waiting] = []
        try:
            batch.append(self._waiting.get(timeout=LOOK_EVERY_S))
            while len(batch) < AT_ONCE:
                batch.append(self._waiting.get_nowait())
        except Empty:
            pass
        return batch

    def _write(self, entries: list[Document]) -> None:
        """Try until they are kept; while closing, once. What no database keeps is kept in part."""
        while entries:
            try:
                with pymongo.timeout(PATIENCE_S):
                    self._chain.append(self._in_business_time(entries))
                self.failing = False
                return
            except PyMongoError as error:
                self.failing = True
                if self._closing:
                    _log.exception("lost from the audit: %s", entries)
                    return
                _log.warning("the audit cannot be written: %r; trying again", error)
                eventlet.sleep(AGAIN_AFTER_S)
            except Exception:  # noqa: BLE001 - one entry must not end the audit of all others
                entries = self._without_what_fails(entries)

    def _without_what_fails(self, entries: list[Document]) -> list[Document]:
        """Each of several on its own; of a single one what always can be kept."""
        _log.exception("of these, something cannot be kept: %s", entries)
        if len(entries) > 1:
            for entry in entries:
                self._write([entry])
            return []
        known = {name: value for name, value in entries[0].items() if name in ALWAYS}
        return [{**known, "error": UNWRITABLE}] if entries[0].get("error") != UNWRITABLE else []

    def _in_business_time(self, entries: list[Document]) -> list[Document]:
        """Where the business clock was moved, entries tell its time too; asked for once."""
        if self._clock is None or "business_at" in entries[0]:
            return entries
        moved = self._clock.now() - max(entry["at"] for entry in entries)
        if abs(moved) > SAME_TIME:
            for entry in entries:
                entry["business_at"] = entry["at"] + moved
        return entries
