"""Changes to what is stored: forward only, some documents at a time, by whichever replica does it.

A migration goes through its documents from place to place and mends what lacks something. Each mend
asks for what is lacking, so that two replicas may do the same one, and where one was killed the
next goes on. Versions run side by side while an installation is renewed, and an old one may leave
something behind that was passed already: so every migration goes through twice, the second time
`AGAIN_AFTER` the first. Until then the code reads what is stored in both ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from logging import getLogger
from typing import Any

from nameko.extensions import DependencyProvider
from pymongo.errors import PyMongoError

from services.adapters.leaving import Leaving
from services.adapters.mongo import Db, Document, MongoConnection
from services.adapters.patience import Rest

MIGRATIONS, TIMES = "migrations", 2
AGAIN_AFTER = timedelta(days=1)
BEGINNING = ""
LOOK_EVERY_S, REST = 60.0, Rest(per_work=4.0)
"""Nobody waits for a migration."""
_log = getLogger(__name__)


@dataclass(frozen=True)
class Migration:
    """`step` mends some documents from a place on; it returns the next place, None at the end."""

    name: str
    step: Callable[[Db, str], str | None]


def is_due(kept: Mapping[str, Any], now: datetime) -> bool:
    """Whether there is something to do, given what is kept about a migration."""
    times, is_under_way = int(kept.get("times", 0)), kept["place"] != BEGINNING
    is_again = times > 0 and bool(now - kept["ended_at"] >= AGAIN_AFTER)
    return times < TIMES and (times == 0 or is_under_way or is_again)


def advance(db: Db, migration: Migration, now: datetime) -> bool:
    """Do a step, if one is due; False when there was nothing to do."""
    kept = db[MIGRATIONS].find_one({"_id": migration.name}) or {"place": BEGINNING}
    if not is_due(kept, now):
        return False
    following = migration.step(db, kept["place"])
    done: Document = {"place": following or BEGINNING}
    if following is None:
        done |= {"times": kept.get("times", 0) + 1, "ended_at": now}
        _log.info("%s went through all documents", migration.name)
    db[MIGRATIONS].update_one({"_id": migration.name}, {"$set": done}, upsert=True)
    return True


class Migrations(DependencyProvider):
    """Carries out the migrations of the collections that a service keeps, beside its work."""

    connection = MongoConnection()
    leaving = Leaving()

    def __init__(self, migrations: Sequence[Migration]) -> None:
        self._migrations = migrations

    def start(self) -> None:
        """Begin, or go on where somebody stopped."""
        self.container.spawn_managed_thread(self._run)

    def _run(self) -> None:
        while not self.leaving.asked:
            started = time.monotonic()
            worked = self._advanced()
            took_s = time.monotonic() - started
            self.leaving.rest(REST.seconds(took_s) if worked else LOOK_EVERY_S)

    def _advanced(self) -> bool:
        now = datetime.now(UTC)
        try:
            return any(advance(self.connection.db, each, now) for each in self._migrations)
        except PyMongoError as error:
            _log.warning("a migration goes on later: %r", error)
            return False
