"""The audit of a service: commands before they are answered, denials soon after.

A command that changes or hands out something is answered only when its entry is kept: an answer
that says done is in the audit. While the audit cannot be written no command is begun, with 503.
The entry comes after the change, not before it: only then its outcome and the old and new values
are known, and both lie in one database, so that what makes one fail mostly keeps the other from
beginning. If the database goes away between the two, the sender gets 503 and the entry is tried
until it is kept; only a process that dies in that same moment loses it, and then what was changed
still says by whom (the case's own chain, the versions of the registry, the steps of a key ring).
Whatever was not done (denied, refused, failed) is written after the answer, and counted: `Denials`.
"""

from __future__ import annotations

import time
import uuid
from logging import getLogger

from nameko.extensions import SharedExtension
from werkzeug.wrappers import Request

from services.adapters.clock import MovableClock
from services.adapters.ledger.chain import AUDIT_INDEXES, AuditChain
from services.adapters.ledger.denials import Denials
from services.adapters.ledger.hop import HOP, come_from
from services.adapters.ledger.key import ledger_key
from services.adapters.ledger.record import NOBODY, Record
from services.adapters.ledger.writer import Writer
from services.adapters.mongo import Document, MongoConnection
from services.adapters.telemetry.work import trace_at_hand
from services.contracts.actor import Action
from services.contracts.audit import DENIED, Outcome
from services.errors import HaopingError, NotFound, Unavailable

NOT_BEGUN = "The audit cannot be written now, so nothing was begun; send the same again later"
LOOKS_FOR_ITS_OWN = frozenset({Action.SUBMIT_RATING, Action.REPORT_ERRAND})
"""Who sends ratings asks where they are, often before they have arrived."""
_log = getLogger(__name__)


class Trail(SharedExtension):
    """The audit of a service process."""

    connection = MongoConnection()
    key: bytes
    _writer: Writer | None = None

    def __init__(self) -> None:
        self._denials = Denials()

    def setup(self) -> None:
        """Read the key; a missing file stops the service with the remedy."""
        self.key = ledger_key(self.container.config)

    def start(self) -> None:
        """Begin to write."""
        db = self.connection.db
        self.connection.ensure(AUDIT_INDEXES)
        moves = self.container.config.get("HAOPING_CLOCK") == "movable"
        chain = AuditChain(db, self.key, self.container.service_name)
        self._writer = Writer(chain, self._counted, MovableClock(db) if moves else None)
        self.container.spawn_managed_thread(self._writer.run)

    def close(self) -> None:
        """Write what waits and what was counted, and write no more."""
        if self._writer is not None:
            self._writer.close()

    def stop(self) -> None:
        """The same, for a service none of whose handlers asks for its record."""
        self.close()

    def record(self, request: Request, action: Action | None, route: str, wanted: bool) -> Record:
        """The record of a request that begins; `wanted`: it is kept even when all goes well."""
        address = request.remote_addr or ""
        record = Record(self.key, action, route, address, trace_at_hand().id, wanted)
        record.about_parts(request.path_values)  # type: ignore[attr-defined]
        if told := come_from(request.headers.get(HOP), self.key):
            record.trace, record.address = told
        return record

    def demand_open(self, record: Record) -> None:
        """Raise Unavailable if a command is to begin while the audit cannot be written."""
        if record.wanted and self._writer is not None and self._writer.failing:
            raise Unavailable(NOT_BEGUN)

    def keep(self, record: Record, status: int) -> None:
        """Keep what was done; what a handler refused in its own words is noted.

        Raises Unavailable when a command that was done cannot be kept in time.
        """
        if Outcome.of(status) is not Outcome.DONE:
            self.note(record, status, None)
        elif record.wanted and self._writer is not None:
            self._writer.keep(record.entries(status, None))

    def note(self, record: Record, status: int, error: HaopingError | None) -> None:
        """Note that a command was not done, or something denied; the answer need not wait."""
        if record.wanted or status in DENIED or _is_hidden(record, status):
            entries = record.entries(status, type(error).__name__ if error else None)
            known = record.actor is not NOBODY
            kind = (record.actor.id, record.address, record.route, str(status), record.subject)
            if self._denials.is_written(kind, known, entries[0], time.monotonic()):
                _log.warning("%(outcome)s: %(route)s by %(actor)s from %(address)s", entries[0])
                if self._writer is not None:
                    self._writer.note(entries)

    def _counted(self, over: bool) -> list[Document]:
        ended = self._denials.ended(float("inf") if over else time.monotonic())
        return [{**each, "id": uuid.uuid4().hex} for each in ended]


def _is_hidden(record: Record, status: int) -> bool:
    """Somebody who is known asked for what is not there, or not for them."""
    known = record.actor is not NOBODY and record.action not in LOOKS_FOR_ITS_OWN
    return known and status == NotFound.status
