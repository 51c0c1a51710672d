"""What is asked of the database, as spans below the work that asks: which command, of what."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry.trace import SpanKind
from pymongo.monitoring import CommandListener

from services.adapters.telemetry.spans import tell
from services.adapters.telemetry.work import work_at_hand


class Commands(CommandListener):
    """Hears of every command; what was asked and answered is not looked at."""

    def __init__(self) -> None:
        self._collections: dict[int, str] = {}

    def started(self, event: Any) -> None:
        """Remember which collection it is about: that is told at the beginning only."""
        if work_at_hand():
            command = event.command
            about = command.get("collection") or command.get(event.command_name)
            self._collections[event.request_id] = about if isinstance(about, str) else ""

    def succeeded(self, event: Any) -> None:
        """Tell of it."""
        self._ended(event, failed=False)

    def failed(self, event: Any) -> None:
        """Tell of it, and that it failed."""
        self._ended(event, failed=True)

    def _ended(self, event: Any, *, failed: bool) -> None:
        collection, work = self._collections.pop(event.request_id, ""), work_at_hand()
        if work:
            tell(
                f"{event.command_name} {collection}".strip(),
                SpanKind.CLIENT,
                work.trace.next(),
                work.trace,
                time.time_ns() - event.duration_micros * 1000,
                {"db.system.name": "mongodb", "db.collection.name": collection},
                failed=failed,
            )
