"""Gives handlers the record of their request, and lets what is noted be written before the end."""

from __future__ import annotations

from typing import Any

from nameko.extensions import DependencyProvider

from services.adapters.ledger.hop import remember
from services.adapters.ledger.record import Record
from services.adapters.ledger.trail import Trail

CONTEXT = "audit"


class Audited(DependencyProvider):
    """The audit of the request at hand: call `about` and `changed`; the entrypoint does the rest.

    A worker that no request started (a timer, a message of the bus) gets one that is not written.
    """

    trail = Trail()

    def stop(self) -> None:
        """Write what waits, while the database is still there."""
        self.trail.close()

    def get_dependency(self, worker_ctx: Any) -> Record:
        """The record of the request."""
        record: Record = worker_ctx.data.get(CONTEXT) or Record()
        remember(record)
        return record
