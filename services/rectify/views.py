"""What people are shown, and what they may ask for in a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.contracts.actor import Actor
from services.contracts.calendar import DAY, Count, Day
from services.contracts.masking import masked_text
from services.contracts.paging import Cursor, cursor
from services.contracts.vocabulary import CaseState, Channel
from services.rectify.case import legal_moves
from services.rectify.deadlines import basis, derive
from services.rectify.decision import Office, Scene
from services.rectify.document import PAUSED, Document, Kept
from services.rectify.history import ERASURE
from services.rectify.listing import Query
from services.rectify.raterviews import Told
from services.rectify.repository import Cases

WORDS = ("reason", "text")
"""What somebody wrote freely."""
WITHHELD = (
    "评价人的个人信息已删除，此前的文字不再显示。"
    "Not shown: it was written before what was personal about the rater was erased"
)
MINUTE = timedelta(minutes=1)


class Wanted(BaseModel):
    """The filters of a list; all that are given must hold.

    `mine` are the cases assigned to the asker, `my_unit` those that the asker's own unit handles,
    `unit` is the rated one, `handler` the one that handles it; `due_today` is the local day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    state: CaseState | None = None
    unit: str | None = None
    my_unit: bool = False
    mine: bool = False
    handler: str | None = None
    assignee: str | None = None
    item: str | None = None
    tag: str | None = None
    channel: Channel | None = None
    due_today: bool = False
    overdue: bool = False
    due_before: AwareDatetime | None = None

    def query(self, actor: Actor, office: Office, limit: int, after: str | None = None) -> Query:
        """What to look for."""
        today = office.calendar.begins(office.calendar.local(office.now))
        tomorrow = office.calendar.begins(office.calendar.local(office.now) + DAY)
        ends = (
            self.due_before,
            office.now if self.overdue else None,
            tomorrow if self.due_today else None,
        )
        return Query(
            scope=None if office.directory.unit.keys() <= actor.scope else actor.scope,
            state=self.state,
            unit=self.unit,
            handler=actor.unit if self.my_unit else self.handler,
            assignee=actor.id if self.mine else self.assignee,
            item=self.item,
            tag=self.tag,
            channel=self.channel,
            due_from=today if self.due_today else None,
            due_before=min((end for end in ends if end), default=None),
            after=after,
            limit=limit,
        )


class Asked(Wanted):
    """The query string of `GET /v1/cases`: filters, and which page."""

    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def page(self, cases: Cases, actor: Actor, office: Office) -> Document:
        """One page and the cursor of the next; None when this is the last.

        The cursor is a place in the order, so other cases are neither missed nor told twice when
        some move meanwhile. One case more than asked for shows whether there is a next page.
        """
        query = self.query(actor, office, self.limit + 1, self.cursor)
        found = list(cases.rows(query))
        shown, more = found[: self.limit], len(found) > self.limit
        after = cursor(shown[-1]["order"]) if more else None
        return {"items": [row(each, office) for each in shown], "next": after}


def row(document: Mapping[str, Any], office: Office) -> Document:
    """A case as a list shows it."""
    due_at = document["due_at"]
    overdue = due_at is not None and due_at < office.now
    paused = document["order"].startswith(PAUSED)
    return {**public(document), "overdue": overdue, "paused": paused}


def public(document: Mapping[str, Any]) -> Document:
    """A case as people see it; what queries need stays inside."""
    return {
        "id": document["_id"],
        **{k: v for k, v in document.items() if k not in {"_id", "order"}},
    }


def detail(document: Document, before: Kept, actor: Actor, office: Office, told: Told) -> Document:
    """A case with its history, and what the asker can do with it now.

    What the rater `told` about themselves is masked in what others wrote, too.
    """
    due_at = document["due_at"]
    overdue = due_at is not None and due_at < office.now
    legal = legal_moves(Scene(before.case, actor, office))
    history = [masked_line(line, told) for line in document["history"]]
    return {**public(document), "history": history, "overdue": overdue, "legal": legal}


def masked_line(line: Mapping[str, Any], told: Told) -> Document:
    """A line of a history whose words name no rater and hold no number of anybody.

    What was written before the rater was erased is withheld, for a name in it is known no more.
    """
    said, erased_at = line["details"], told.erased_at
    before = erased_at is not None and line["at"] <= erased_at and line["move"] != ERASURE
    words = {
        name: WITHHELD if before else masked_text(said[name], told.known)
        for name in WORDS
        if name in said
    }
    return {**line, "details": {**said, **words}}


def wordless(line: Mapping[str, Any]) -> Document:
    """A line of a history without what somebody wrote."""
    said = {name: value for name, value in line["details"].items() if name not in WORDS}
    return {**line, "details": said}


def explained(before: Kept, office: Office) -> Document:
    """Each clock of the case day by day, and the rungs that are still to come."""
    deadlines = derive(before.case, office.rules)
    clocks = ("contact", "rectify", "review", "callback")
    counts = {name: getattr(deadlines, name) for name in clocks}
    return {
        "case": before.case.id,
        "rules": office.rules.label,
        "basis": basis(office.rules),
        "state": before.case.state,
        "due_at": deadlines.due_at,
        "clocks": {name: _told(count) for name, count in counts.items() if count},
        "rungs": [
            {"name": rung.name, "at": rung.at, "tells": rung.tells} for rung in deadlines.rungs
        ],
    }


def _told(count: Count) -> Document:
    kinds = Counter(day.kind for day in count.days)
    return {
        "start": count.start,
        "term": count.term,
        "due": count.due,
        "counted": kinds["counted"],
        "skipped": kinds["skipped"],
        "subtracted": kinds["subtracted"],
        "days": [_day(day) for day in count.days],
        "warnings": count.warnings,
    }


def _day(day: Day) -> Document:
    hours = {"minutes": day.spent // MINUTE} if day.spent else {}
    counts = {"counts_as": day.number, "kind": day.kind, "why": day.why}
    return {"day": day.day, **counts, **hours}
