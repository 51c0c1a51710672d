"""Notices: of what somebody is told, who it is, when it may go out, and when it is tried. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.contracts.events import CaseClosed, CaseMoved, CaseOpened
from services.contracts.message import Message
from services.contracts.rules import Rules
from services.rectify import parties
from services.rectify.decision import Office
from services.rectify.facts import Case

RUNG = "escalate:"
TRIES_AFTER = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""When a notice is tried again: the schedule of Standard Webhooks 1.0.0, three days in all."""


class Kind(StrEnum):
    """What a notice is about."""

    OPENED = "case.opened"
    MOVED = "case.moved"
    DUE_SOON = "case.due_soon"
    OVERDUE = "case.overdue"
    CLOSED = "case.closed"
    INVALIDATED = "rating.invalidated"


PASSED_ON = {"dispatch": (Role.OFFICER,), "return": (Role.DISPATCHER,)}
"""Who has to take a case that nobody has; of the dispatch that opens it, the opening tells."""
REMINDERS = frozenset({Kind.DUE_SOON, Kind.OVERDUE})
Way = Literal["webhook", "mail"]


class Subscription(BaseModel):
    """An address of another system that is told what happens to cases in a unit and all below."""

    model_config = ConfigDict(frozen=True)
    id: str
    url: str
    unit: str
    kinds: frozenset[Kind]
    created_by: str
    created_at: AwareDatetime
    active: bool = True

    def wants(self, kind: Kind, case: Case, directory: Directory) -> bool:
        """Whether it is told; of a forced review only where the accused unit does not listen."""
        below = directory.subtree(self.unit)
        return self.active and kind in self.kinds and any(each in below for each in case.seen_from)


@dataclass(frozen=True)
class Notice:
    """Something to tell one addressee: a subscription (webhook) or a person (mail).

    `event` is the same however often it is tried; `open_at` is by the business clock.
    """

    event: str
    kind: Kind
    way: Way
    to: str
    case: str
    body: dict[str, Any]
    open_at: datetime

    @property
    def id(self) -> str:
        """One notice for an event and an addressee."""
        return f"{self.event}-{self.to}"


def kind_of(message: Message, rules: Rules) -> Kind | None:
    """What kind of notice an event makes; None for what nobody is told of."""
    match message:
        case CaseOpened():
            return Kind.OPENED
        case CaseClosed():
            return Kind.CLOSED
        case CaseMoved(move="invalidate"):
            return Kind.INVALIDATED
        case CaseMoved(move=move) if move.startswith(RUNG):
            early = {rung.name for rung in rules.ladder.rungs if rung.working_days < 0}
            return Kind.DUE_SOON if move.removeprefix(RUNG) in early else Kind.OVERDUE
        case CaseMoved():
            return Kind.MOVED
    return None


def event_id(message: Message) -> str:
    """The id of an event: the same however often the bus delivers it."""
    content = f"{type(message).__name__}{message.model_dump_json()}".encode()
    return f"evt_{hashlib.blake2s(content, digest_size=12).hexdigest()}"


def notices(
    message: Message, case: Case, office: Office, subscribers: Iterable[Subscription], mail: bool
) -> list[Notice]:
    """The notices of an event. Mail and reminders go out in office hours only."""
    kind = kind_of(message, office.rules)
    if kind is None:
        return []
    told = {"event": event_id(message), "kind": kind, "case": case.id, "body": body(message, case)}
    systems = [each for each in subscribers if each.wants(kind, case, office.directory)]
    people = addressees(message, kind, case, office) if mail else ()
    ways: dict[Way, Iterable[Subscription | Principal]] = {"webhook": systems, "mail": people}
    return [
        Notice(**told, way=way, to=each.id, open_at=opens_at(kind, way, office))  # type: ignore[arg-type]
        for way, addressed in ways.items()
        for each in addressed
    ]


def opens_at(kind: Kind, way: Way, office: Office) -> datetime:
    """From when on a notice may go out: now, but mail and reminders while offices are open only."""
    waits = way == "mail" or kind in REMINDERS
    return office.calendar.opening(office.now) if waits else office.now


def body(message: Message, case: Case) -> dict[str, Any]:
    """What is told: nothing personal, and of the time of a rating only its day."""
    move = {"move": message.move} if isinstance(message, CaseMoved) else {}
    shown = {"source", "unit", "handler", "state", "closing", "level", "item", "tags", "rating_day"}
    return {"case": case.id, **case.model_dump(mode="json", include=shown), **move}


def addressees(message: Message, kind: Kind, case: Case, office: Office) -> tuple[Principal, ...]:
    """The people who have to do something now, or whom a rung tells; never the rated ones."""
    found: dict[str, Principal] = {}
    for role in _roles(message, kind, case):
        found |= {each.id: each for each in _nearest(role, case, office)}
    if kind in REMINDERS or _moved_by_other(message, case):
        person = parties.principal(office.directory, case.assignee or "")
        found |= {person.id: person} if person else {}
    return tuple(
        each
        for each in found.values()
        if each.mail and each.active(office.now) and not parties.is_rated(each, case)
    )


def _roles(message: Message, kind: Kind, case: Case) -> Iterator[Role]:
    if kind is Kind.OPENED:
        yield Role.OFFICER if case.handler else Role.DISPATCHER
    elif kind is Kind.INVALIDATED and case.contactable:
        yield Role.CALLER
    elif isinstance(message, CaseMoved) and message.tells:
        yield Role(message.tells)
    elif isinstance(message, CaseMoved) and message.at > case.opened_at:
        yield from PASSED_ON.get(message.move, ())


def _moved_by_other(message: Message, case: Case) -> bool:
    return isinstance(message, CaseMoved) and message.by != case.assignee and case.closing is None


def _nearest(role: Role, case: Case, office: Office) -> tuple[Principal, ...]:
    """Who holds the role in the handling unit, else in the next one above it that has somebody."""
    for unit in parties.upwards(office.directory, case.handler or case.home):
        people = tuple(p for p in office.directory.people(role, unit) if p.active(office.now))
        if people:
            return people
    return ()


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many attempts; None when patience has ended."""
    return at + TRIES_AFTER[attempts - 1] if attempts <= len(TRIES_AFTER) else None
