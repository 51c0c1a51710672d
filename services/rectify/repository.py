"""Every query of rectify.

`cases`, one document a case. What score reads of it (None: not, or not yet; times in UTC):

source              rating · undone_report · hotline_ticket · letter · forced_review
unit, handler       the rated unit, to which the numbers belong; the unit that handles the case
rating_day, _month  local day and month of the press (of the report, for other sources)
state, closing      where it stands; how it closed
named, contactable  whether the rater gave a name, and a way to be reached
submitted_at        last submit; None again while a rework or reopening is being worked on
rectify_due_at      effective due time; None while it stands still for an appeal's review
overran             an earlier round ended late: the case cannot be on time any more
callback_due_at     from when a call-back counts as due: contact deadline or first submit
reached, satisfied  at the verification or a call-back; what the rater said at the last one
replied_at          first reply to the rater
invalidated         the rating does not count; `mark_pending` until the store has said so

`unopened`, one document a bad rating without a case: `_id` (rating key), reason, unit, rating_day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Index, Indexes
from services.contracts.ledger import GENESIS
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseState
from services.rectify.document import Document, Kept, fields, kept, outgoing, sealed
from services.rectify.facts import Command, Step

CASES, UNOPENED = "cases", "unopened"
INDEXES: Indexes = {
    CASES: (
        Index(("next_due_at",)),
        Index(("seen_from", "order")),
        Index(("assignee", "order")),
        Index(("rating_month", "unit")),
    ),
    UNOPENED: (Index(("unit",)),),
}
INSIDE = {"history": 0, "outbox": 0}
SHOWN = {"outbox": 0, "commands": 0, "seen_from": 0, "seal": 0}
LISTED = {**SHOWN, "history": 0}


@dataclass(frozen=True)
class Query:
    """Which cases to list, within what the asker sees; `after` is the `order` of the last one."""

    scope: frozenset[str]
    state: CaseState | None = None
    unit: str | None = None
    assignee: str | None = None
    due_before: datetime | None = None
    after: str | None = None
    limit: int = 50

    def filter(self) -> Document:
        """The query in the database's words."""
        wanted = {"state": self.state, "unit": self.unit, "assignee": self.assignee}
        where: Document = {name: value for name, value in wanted.items() if value}
        where["seen_from"] = {"$in": sorted(self.scope)}
        if self.due_before:
            where["due_at"] = {"$lt": self.due_before}
        if self.after:
            where["order"] = {"$gt": self.after}
        return where


class Cases:
    """The cases of one installation; `key` seals their histories."""

    def __init__(self, db: Database[Document], key: bytes, rules: Rules) -> None:
        self._cases, self._unopened = db[CASES], db[UNOPENED]
        self._key, self._rules = key, rules

    def open(self, step: Step) -> bool:
        """Keep a new case; False when there is one already."""
        entries, seal = sealed(self._key, GENESIS, step.entries)
        document = {
            "_id": step.case.id,
            **fields(step.case, self._rules),
            "history": entries,
            "seal": seal,
            "commands": [],
            "outbox": outgoing(step),
        }
        try:
            self._cases.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def find(self, id: str) -> Kept | None:
        """The case as it is now."""
        document = self._cases.find_one({"_id": id}, INSIDE)
        return kept(document) if document else None

    def shown(self, id: str) -> Document:
        """The case with its history, as people see it."""
        return self._cases.find_one({"_id": id}, SHOWN) or {}

    def history(self, id: str, after: int = 0) -> list[Document]:
        """What has happened to the case since the given version."""
        document = self._cases.find_one({"_id": id}, {"history": 1}) or {}
        return [entry for entry in document.get("history", ()) if entry["version"] > after]

    def save(self, before: Kept, step: Step, command: Command) -> bool:
        """Make the step unless somebody was faster (False); remembers the command."""
        made = {"id": command.command_id, "move": command.move.value, "version": step.case.version}
        return self._update(before, step, {"version": before.case.version}, [made])

    def escalate(self, before: Kept, step: Step, now: datetime) -> bool:
        """Record rungs that have come, unless another replica did (False): one guarded update."""
        guard = {
            "version": before.case.version,
            "rung": len(before.case.escalations),
            "next_due_at": {"$lte": now},
        }
        return self._update(before, step, guard, [])

    def _update(self, before: Kept, step: Step, guard: Document, made: list[Document]) -> bool:
        entries, seal = sealed(self._key, before.seal, step.entries)
        lists = {"history": entries, "commands": made, "outbox": outgoing(step)}
        change = {
            "$set": {**fields(step.case, self._rules), "seal": seal},
            "$push": {name: {"$each": items} for name, items in lists.items() if items},
        }
        change = {operator: what for operator, what in change.items() if what}
        return self._cases.update_one({"_id": step.case.id, **guard}, change).matched_count == 1

    def due(self, now: datetime, limit: int) -> list[Kept]:
        """Cases with a rung that has come, the longest overdue first."""
        found = self._cases.find({"next_due_at": {"$lte": now}}, INSIDE)
        return [kept(document) for document in found.sort("next_due_at").limit(limit)]

    def page(self, query: Query) -> list[Document]:
        """One page of cases, what is due first on top."""
        found = self._cases.find(query.filter(), LISTED).sort("order")
        return list(found.limit(query.limit))

    def keep_unopened(self, rating_key: str, why: Mapping[str, object]) -> None:
        """Keep the reason why a bad rating has no case; once."""
        self._unopened.update_one({"_id": rating_key}, {"$setOnInsert": dict(why)}, upsert=True)

    def is_unopened(self, rating_key: str) -> bool:
        """Whether it is known why this rating has no case."""
        return self._unopened.find_one({"_id": rating_key}, {"_id": 1}) is not None

    def unopened(self, scope: Iterable[str]) -> list[Document]:
        """How many bad ratings have no case, by unit and reason."""
        group = {"_id": {"unit": "$unit", "reason": "$reason"}, "count": {"$sum": 1}}
        found = self._unopened.aggregate(
            [{"$match": {"unit": {"$in": sorted(scope)}}}, {"$group": group}]
        )
        return [{**each["_id"], "count": each["count"]} for each in found]
