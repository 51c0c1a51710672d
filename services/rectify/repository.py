"""Every query of rectify.

`cases`, one document a case. What score reads of it (None: not, or not yet; times in UTC):

source              rating · undone_report · hotline_ticket · letter · forced_review
unit, handler       the rated unit, to which the numbers belong; the unit that handles the case
rating_day, _month  local day and month of the press (of the report, for other sources)
state, closing      where it stands; how it closed
named, contactable  whether the rater gave a name, and a way to be reached
submitted_at        last submit; None again while a rework or reopening is being worked on
rectify_due_at      effective due time; None while it stands still for an appeal's review; once
                    submitted, what it was then, whatever the rules become
overran             an earlier round ended late: the case cannot be on time any more
callback_due_at     from when a call-back counts as due: contact deadline or first submit
reached, satisfied  at the verification or a call-back; what the rater said at the last one
replied_at          first reply to the rater
invalidated         the rating does not count; `mark_pending` until the store has said so

`unopened`, one document a bad rating without a case: `_id` (rating key), reason, unit, rating_day;
and `case`, once it got one after all: such a row stays and is counted no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Index, Indexes, by_days, by_ids
from services.contracts.anchors import Head
from services.contracts.period import Period
from services.contracts.rectification import rating_case_id
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseSource, CaseState
from services.rectify.deadlines import basis
from services.rectify.decision import Step
from services.rectify.document import (
    CLOSED,
    RUNNING,
    Document,
    Kept,
    fields,
    head,
    kept,
    moment,
    opening,
    outgoing,
    sealed,
)
from services.rectify.facts import Command
from services.rectify.grants import INDEXES as GRANTS
from services.rectify.listing import ROW, Listing, Query
from services.rectify.rewinding import rewound

CASES, UNOPENED = "cases", "unopened"
INDEXES: Indexes = {
    CASES: (
        Index(("next_due_at",)),
        Index(("order",)),
        Index(("slot", "order")),
        Index(("facets", "order")),
        Index(("basis",)),
        Index(("erasable_from",)),
        Index(("rating_day",)),
        Index(("rating_key",)),
    ),
    UNOPENED: (Index(("unit",)),),
    **GRANTS,
}
INSIDE = {"history": 0, "outbox": 0}
SHOWN = {"outbox": 0, "commands": 0, "seen_from": 0, "seal": 0}
SHOWN |= {
    "rating_key": 0,
    "told_by": 0,
    "head": 0,
    "slot": 0,
    "facets": 0,
    "basis": 0,
    "erasable_from": 0,
}
MOST_COUNTED = 5000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Cases:
    """The cases of one installation; `key` seals their histories."""

    def __init__(self, db: Database[Document], key: bytes, rules: Rules) -> None:
        self._cases, self._unopened = db[CASES], db[UNOPENED]
        self._ratings, self._bases = db["ratings"], db["deadline_bases"]
        self._key, self._rules = key, rules

    def open(self, step: Step) -> bool:
        """Keep a new case; False when there is one already."""
        try:
            self._cases.insert_one(opening(step, self._key, self._rules))
        except DuplicateKeyError:
            return False
        return True

    def find(self, id: str) -> Kept | None:
        """The case as it is now."""
        document = self._cases.find_one({"_id": id}, INSIDE)
        return kept(document) if document else None

    def id_about(self, rating_key: str) -> str:
        """The id of the case about a rating, also of one that is still to be opened.

        Cases that were opened when ids had no key keep theirs.
        """
        found = self._cases.find_one({"rating_key": rating_key}, {"_id": 1})
        return str(found["_id"]) if found else rating_case_id(self._key, rating_key)

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

    def note(self, before: Kept, step: Step, id: str) -> bool:
        """Add a line that moves nothing unless somebody was faster (False); remembers its id."""
        made = {"id": id, "move": step.entries[-1].move, "version": step.case.version}
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
            "$set": {
                **fields(step.case, self._rules),
                "seal": seal,
                "head": head(self._key, step.case, seal),
            },
            "$push": {name: {"$each": items} for name, items in lists.items() if items},
        }
        change = {operator: what for operator, what in change.items() if what}
        return self._cases.update_one({"_id": step.case.id, **guard}, change).matched_count == 1

    def standing(self, now: datetime) -> tuple[int, int]:
        """How many cases are not closed, and of how many the due time has passed."""
        running = {"order": {"$gte": RUNNING, "$lt": CLOSED}}
        found = self._cases.find(running, {"order": 1}).sort("order").limit(MOST_COUNTED)
        orders, passed = [each["order"] for each in found], f"{RUNNING}{moment(now)}"
        return len(orders), sum(each < passed for each in orders)

    def due(self, now: datetime, limit: int) -> list[Kept]:
        """Cases with a rung that has come, the longest overdue first."""
        found = self._cases.find({"next_due_at": {"$gt": BEGINNING, "$lte": now}}, INSIDE)
        return [kept(document) for document in found.sort("next_due_at").limit(limit)]

    def older_bases(self, now: datetime) -> list[str]:
        """What due times followed from before the rules and the calendar of this process.

        Each basis has the number in which it was first met, so that of two replicas with different
        rules only the newer ones count.
        """
        own, known = (
            basis(self._rules),
            {each["_id"]: each["number"] for each in self._bases.find()},
        )
        if own not in known:
            met = {"number": max(known.values(), default=0) + 1, "at": now}
            self._bases.update_one({"_id": own}, {"$setOnInsert": met}, upsert=True)
            return self.older_bases(now)
        return [each for each, number in known.items() if (number, each) < (known[own], own)]

    def resting_on(self, bases: Sequence[str], limit: int) -> list[tuple[Kept, Document]]:
        """Open cases whose due times follow from one of these, with what is kept of them."""
        found = self._cases.find({"basis": {"$in": list(bases)}}, INSIDE).limit(limit)
        return [(kept(document), document) for document in found]

    def rederive(self, before: Kept, step: Step, old: str) -> bool:
        """Set due times anew, unless another replica did (False)."""
        return self._update(before, step, {"version": before.case.version, "basis": old}, [])

    def of_months(self, period: Period, units: Set[str]) -> list[Document]:
        """The cases of bad ratings of these units in a period, for its figures."""
        found = self._in_months(period, {**INSIDE, "commands": 0})
        return [each for each in found if each["unit"] in units]

    def of_months_at(self, period: Period, units: Set[str], at: datetime) -> list[Document]:
        """The same as they stood at a past moment."""
        found = self._in_months(period, {"outbox": 0, "commands": 0})
        past = (rewound(each, at, self._rules) for each in found)
        return [each for each in past if each and each["unit"] in units]

    def _in_months(self, period: Period, without: Document) -> Iterator[Document]:
        of_ratings = {"source": CaseSource.RATING.value}
        return by_days(self._cases, period.days, without, "rating_day", **of_ratings)

    def erasable(self, before: datetime, limit: int) -> list[Kept]:
        """Cases that were closed before that moment and keep something personal, oldest first."""
        found = self._cases.find({"erasable_from": {"$gt": BEGINNING, "$lt": before}}, INSIDE)
        return [kept(document) for document in found.sort("erasable_from").limit(limit)]

    def listed(self, ids: Iterable[str]) -> list[tuple[Kept, Document]]:
        """These cases, each also as lists show it, what is due first on top."""
        found = by_ids(self._cases, ids, INSIDE)
        shown = dict.fromkeys(("_id", *ROW))
        pairs = [(kept(each), {name: each.get(name) for name in shown}) for each in found]
        return sorted(pairs, key=lambda pair: str(pair[1]["order"]))

    def heads(self, slot: int) -> list[Head]:
        """Where the histories of one part of all cases end."""
        found = self._cases.find({"slot": slot}, {"version": 1, "seal": 1})
        return [Head(id=each["_id"], version=each["version"], seal=each["seal"]) for each in found]

    def whole(self, slot: int) -> list[Document]:
        """One part of all cases, with all that is kept of them."""
        return list(self._cases.find({"slot": slot}, {"outbox": 0, "commands": 0}))

    def whole_case(self, id: str) -> Document:
        """All that is kept of a case."""
        return self._cases.find_one({"_id": id}, {"outbox": 0, "commands": 0}) or {}

    def rows(self, query: Query) -> Iterator[Document]:
        """The cases of a list, in order, read as they are asked for."""
        return Listing(self._cases).rows(query)

    def keep_unopened(self, rating_key: str, why: Mapping[str, object]) -> None:
        """Keep the reason why a bad rating has no case; once."""
        self._unopened.update_one({"_id": rating_key}, {"$setOnInsert": dict(why)}, upsert=True)

    def rating(self, key: str) -> Document | None:
        """The stored rating under this key, without what is personal."""
        return self._ratings.find_one({"_id": key}, {"sealed": 0, "outbox": 0})

    def opened_after_all(self, rating_key: str, case_id: str) -> None:
        """The reason why this rating had no case has gone; it stays, and is counted no more."""
        self._unopened.update_one({"_id": rating_key}, {"$set": {"case": case_id}})

    def waiting(self) -> list[Kept]:
        """Open cases that no unit could handle when they came."""
        where = {"facets": f"state={CaseState.UNDISPATCHED.value}", "dispatched_at": None}
        return [kept(document) for document in self._cases.find(where, INSIDE).limit(500)]

    def is_unopened(self, rating_key: str) -> bool:
        """Whether it is known why this rating has no case."""
        return self._unopened.find_one({"_id": rating_key}, {"_id": 1}) is not None

    def unopened(self, scope: Iterable[str]) -> list[Document]:
        """How many bad ratings have no case, by unit and reason."""
        group = {"_id": {"unit": "$unit", "reason": "$reason"}, "count": {"$sum": 1}}
        found = self._unopened.aggregate(
            [{"$match": {"unit": {"$in": sorted(scope)}, "case": None}}, {"$group": group}]
        )
        return [{**each["_id"], "count": each["count"]} for each in found]
