"""Every query of the edge: heartbeats, which links have been used, and what may be appended to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db, Document, Index
from services.capture.devices import HeartbeatForm

DEPTHS_KEPT = 10
INDEXES = {HEARTBEATS: (Index(("device",)),)}


class Heartbeats:
    """What devices last said; an epoch that is over keeps its last word."""

    def __init__(self, db: Db) -> None:
        self._heartbeats = db[HEARTBEATS]

    def keep(self, device: str, form: HeartbeatForm, now: datetime) -> None:
        """Keep the newest; a sequence that was given out once is never forgotten again."""
        said = form.model_dump(exclude={"last_sequence"})
        depths = {"$each": [form.outbox_depth], "$slice": -DEPTHS_KEPT}
        self._heartbeats.update_one(
            {"_id": f"{device}:{form.epoch}"},
            {
                "$set": {"device": device, "seen_at": now, **said},
                "$max": {"last_sequence": form.last_sequence},
                "$push": {"depths": depths},
            },
            upsert=True,
        )


@dataclass(frozen=True)
class LinkUse:
    """The use of a link: when it began, and what was said once the bus held it."""

    pressed_at: datetime
    content: str | None


class LinkUses:
    """Which single-use links have been used, by the id of their rating."""

    def __init__(self, db: Db) -> None:
        self._uses = db["link_uses"]

    def begin(self, rating_id: str, now: datetime) -> LinkUse:
        """The use of a link, from now on or since it began."""
        with suppress(DuplicateKeyError):
            self._uses.insert_one({"_id": rating_id, "pressed_at": now})
        kept = self._uses.find_one({"_id": rating_id}) or {}
        return LinkUse(kept["pressed_at"], kept.get("content"))

    def end(self, rating_id: str, content: str) -> None:
        """The bus holds what was said; the first word stands."""
        said = {"$set": {"content": content}}
        self._uses.update_one({"_id": rating_id, "content": {"$exists": False}}, said)

    def is_over(self, rating_id: str) -> bool:
        """Whether the link has been used."""
        return self._uses.find_one({"_id": rating_id, "content": {"$exists": True}}) is not None


class Rated:
    """The stored ratings, read only: what an append needs to know of the first one."""

    def __init__(self, db: Db) -> None:
        self._ratings = db["ratings"]

    def find(self, rating_id: str) -> Document | None:
        """The rating under this id, without what is personal."""
        return self._ratings.find_one({"rating_id": rating_id}, {"sealed": 0})
