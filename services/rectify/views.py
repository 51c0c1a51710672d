"""What people are shown, and what they may ask for in a list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from services.contracts.actor import Actor
from services.contracts.calendar import Count
from services.contracts.vocabulary import CaseState
from services.rectify.case import legal_moves
from services.rectify.deadlines import derive
from services.rectify.document import Document, Kept
from services.rectify.facts import Office, Scene
from services.rectify.repository import Query


def _opened_cursor(text: str) -> str:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise ValueError("not a cursor that a list has given") from None


class Asked(BaseModel):
    """The query string of `GET /v1/cases`. `mine` are those assigned to the asker."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    state: CaseState | None = None
    unit: str | None = None
    mine: bool = False
    overdue: bool = False
    due_before: AwareDatetime | None = None
    cursor: Annotated[str, BeforeValidator(_opened_cursor)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def query(self, actor: Actor, now: datetime) -> Query:
        """What to look for: one case more than asked for shows whether there is a next page."""
        limits = [at for at in (self.due_before, now if self.overdue else None) if at]
        return Query(
            scope=actor.scope,
            state=self.state,
            unit=self.unit,
            assignee=actor.id if self.mine else None,
            due_before=min(limits, default=None),
            after=self.cursor,
            limit=self.limit + 1,
        )


def page(found: list[Document], limit: int) -> Document:
    """One page and the cursor of the next; None when this is the last."""
    shown = found[:limit]
    more = len(found) > limit
    cursor = base64.urlsafe_b64encode(shown[-1]["order"].encode()).decode() if more else None
    return {"items": [public(each) for each in shown], "next": cursor}


def public(document: Mapping[str, Any]) -> Document:
    """A case as people see it; what queries need stays inside."""
    return {
        "id": document["_id"],
        **{k: v for k, v in document.items() if k not in {"_id", "order"}},
    }


def detail(document: Document, before: Kept, actor: Actor, office: Office) -> Document:
    """A case with its history, and what the asker can do with it now."""
    due_at = document["due_at"]
    overdue = due_at is not None and due_at < office.now
    legal = legal_moves(Scene(before.case, actor, office))
    return {**public(document), "overdue": overdue, "legal": legal}


def explained(before: Kept, office: Office) -> Document:
    """Each clock of the case day by day, and the rungs that are still to come."""
    deadlines = derive(before.case, office.rules)
    clocks = ("contact", "rectify", "review", "callback")
    counts = {name: getattr(deadlines, name) for name in clocks}
    return {
        "case": before.case.id,
        "rules": office.rules.label,
        "state": before.case.state,
        "due_at": deadlines.due_at,
        "clocks": {name: _told(count) for name, count in counts.items() if count},
        "rungs": [
            {"name": rung.name, "at": rung.at, "tells": rung.tells} for rung in deadlines.rungs
        ],
    }


def _told(count: Count) -> Document:
    return {
        "start": count.start,
        "term": count.term,
        "due": count.due,
        "days": [{"day": day.day, "counts_as": day.number, "why": day.why} for day in count.days],
        "warnings": count.warnings,
    }
