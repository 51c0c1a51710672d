"""Every query about notices, and about the systems that have asked for them.

`notices`, one document for an event and an addressee: `open_at` (business time) and `try_at` (wall
time) must both have come; whoever claims it moves `try_at` on, so that nobody else tries meanwhile
and it is tried again should the claimant die. `state`: waiting · sent · failed · dropped.
`subscriptions`, one document for a webhook, with its secrets sealed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from services.adapters.mongo import Db, Document, Index, Indexes
from services.rectify.notices import Notice, Subscription

NOTICES, SUBSCRIPTIONS = "notices", "subscriptions"
BOARD_INDEXES: Indexes = {NOTICES: (Index(("state", "try_at")), Index(("case",)))}
LEASE = timedelta(seconds=90)
MOST_LISTED = 200


class Noticeboard:
    """The notices of an installation."""

    def __init__(self, db: Db) -> None:
        self._notices = db[NOTICES]

    def pin(self, notices: Iterable[Notice], now: datetime, wall: datetime) -> None:
        """Pin notices up, each once however often its event is heard."""
        for each in notices:
            shown = {"event": each.event, "kind": each.kind.value, "way": each.way, "to": each.to}
            about = {"case": each.case, "body": each.body, "made_at": now}
            waits = {"open_at": each.open_at, "try_at": wall, "state": "waiting", "attempts": 0}
            self._notices.update_one(
                {"_id": each.id}, {"$setOnInsert": {**shown, **about, **waits}}, upsert=True
            )

    def due(self, now: datetime, wall: datetime, limit: int) -> list[Document]:
        """Notices whose time has come by both clocks, the longest waiting first."""
        where = {"state": "waiting", "try_at": {"$lte": wall}, "open_at": {"$lte": now}}
        return list(self._notices.find(where).sort("try_at").limit(limit))

    def claim(self, notice: Document, wall: datetime) -> bool:
        """Take a notice to try it; False when somebody else was faster."""
        seen = {name: notice[name] for name in ("_id", "state", "attempts", "try_at")}
        taken = {"$set": {"try_at": wall + LEASE}, "$inc": {"attempts": 1}}
        return self._notices.update_one(seen, taken).modified_count == 1

    def hold(self, notice: Document, open_at: datetime) -> None:
        """Let a notice that nobody is trying wait until then."""
        seen = {name: notice[name] for name in ("_id", "state", "attempts")}
        self._notices.update_one(seen, {"$set": {"open_at": open_at}})

    def settle(self, notice: Document, **changes: Any) -> None:
        """Record what came of the try that was claimed, unless a later one has begun."""
        claimed = {"_id": notice["_id"], "attempts": notice["attempts"] + 1, "state": "waiting"}
        self._notices.update_one(claimed, {"$set": changes})

    def listed(self, state: str) -> list[Document]:
        """Notices in a state, newest first."""
        found = self._notices.find({"state": state}).sort("try_at", -1)
        return list(found.limit(MOST_LISTED))

    def replay(self, id: str, by: str, wall: datetime) -> bool:
        """Have a failed notice tried anew, by a named person; False when none has failed so."""
        anew = {"state": "waiting", "attempts": 0, "try_at": wall}
        step = {"replays": {"by": by, "at": wall}}
        failed = {"_id": id, "state": "failed"}
        return self._notices.update_one(failed, {"$set": anew, "$push": step}).modified_count == 1


class Subscriptions:
    """Who is told by webhook, and the sealed secrets with which it is signed."""

    def __init__(self, db: Db) -> None:
        self._subscriptions = db[SUBSCRIPTIONS]

    def add(self, subscription: Subscription, secret: bytes) -> None:
        """Keep a new one."""
        kept = subscription.model_dump(mode="json", exclude={"id", "created_at"})
        self._subscriptions.insert_one(
            {
                "_id": subscription.id,
                **kept,
                "created_at": subscription.created_at,
                "secrets": [{"sealed": secret, "until": None}],
            }
        )

    def all(self) -> list[Subscription]:
        """Every subscription, ended ones too."""
        return [_subscription(each) for each in self._subscriptions.find({}, {"secrets": 0})]

    def find(self, id: str, wall: datetime) -> tuple[Subscription, list[bytes]] | None:
        """A subscription and its sealed secrets that are valid now, the newest first."""
        found = self._subscriptions.find_one({"_id": id})
        if found is None:
            return None
        valid = [e["sealed"] for e in found["secrets"] if not e["until"] or e["until"] > wall]
        return _subscription(found), [bytes(each) for each in reversed(valid)]

    def end(self, id: str, by: str, wall: datetime) -> bool:
        """Tell it no more; False when there is no such subscription at work."""
        ended = {"$set": {"active": False, "ended_by": by, "ended_at": wall}}
        return (
            self._subscriptions.update_one({"_id": id, "active": True}, ended).modified_count == 1
        )

    def rotate(self, id: str, secret: bytes, until: datetime) -> bool:
        """A new secret beside the old ones, which are valid `until` then; False for no such one."""
        found = self._subscriptions.find_one({"_id": id, "active": True})
        if found is None:
            return False
        old = [{**each, "until": each["until"] or until} for each in found["secrets"]]
        seen = {"_id": id, "secrets": found["secrets"]}
        anew = {"$set": {"secrets": [*old, {"sealed": secret, "until": None}]}}
        return self._subscriptions.update_one(seen, anew).modified_count == 1


def _subscription(document: Document) -> Subscription:
    return Subscription.model_validate({**document, "id": document["_id"]})
