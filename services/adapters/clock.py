"""The business clock: deadlines, windows and months follow it; signatures and leases do not.

With `HAOPING_CLOCK: system` it is the wall clock. With `movable` (trial, demo, tests) it is the
wall clock plus an offset kept in the database, so that every process moves at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from nameko.extensions import DependencyProvider

from services.adapters.mongo import Db, MongoConnection

_OFFSET = {"_id": "business-clock"}


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The business time, aware, in UTC, to the millisecond (what MongoDB keeps)."""


def to_millisecond(at: datetime) -> datetime:
    """Cut `at` to what MongoDB keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        """Wall time in UTC."""
        return to_millisecond(datetime.now(UTC))


class MovableClock:
    """The wall clock plus an offset that `move_to` sets for every process on this database."""

    def __init__(self, db: Db) -> None:
        self._settings = db["settings"]

    def now(self) -> datetime:
        """Wall time plus the offset."""
        kept = self._settings.find_one(_OFFSET) or {}
        return SystemClock().now() + timedelta(milliseconds=kept.get("offset_ms", 0))

    def move_to(self, at: datetime) -> None:
        """From now on it is `at`, and time goes on from there."""
        offset = (at - SystemClock().now()) // timedelta(milliseconds=1)
        self._settings.update_one(_OFFSET, {"$set": {"offset_ms": offset}}, upsert=True)


class BusinessClock(DependencyProvider):
    """Gives workers the clock that the settings name."""

    connection = MongoConnection()

    def get_dependency(self, worker_ctx: object) -> Clock:
        """The clock of this installation."""
        if self.container.config.get("HAOPING_CLOCK") == "movable":
            return MovableClock(self.connection.db)
        return SystemClock()
