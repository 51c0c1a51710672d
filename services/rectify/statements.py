"""Whoever sits at a window states (陈述) what happened, without seeing who rated or when.

A case is shown from the day after the rating on: a whole day's citizens stand between, so that a
new line in the list does not point at the one who has just left.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from werkzeug.wrappers import Request

from services.adapters.http import api, read_json
from services.adapters.mongo import Db
from services.contracts.actor import Action, Actor
from services.contracts.directory import Directory
from services.contracts.events import CaseMoved
from services.contracts.vocabulary import CaseState
from services.errors import Conflict, NotFound
from services.rectify.decision import Entry, Office, Step
from services.rectify.document import Kept
from services.rectify.facts import Case, Name
from services.rectify.parties import principal, sees
from services.rectify.repository import CASES, Cases
from services.rectify.wiring import Wired

STATEMENT = "statement"
MOST_STATEMENTS, MOST_SHOWN = 5, 200
SHOWN = {"rating_month": 1, "state": 1, "rating_day": 1, "seen_from": 1, "commands": 1}
NO_WINDOW = "You belong to no window; ask an administrator to put it into the registry"


class StatementForm(BaseModel):
    """What somebody at the window states; sent again under its id it is kept once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class CaseAtWindow(BaseModel):
    """All that the window sees of a case; `stated`: how many statements there are."""

    id: str
    month: str
    state: CaseState
    stated: int


class Statements(Wired):
    """Shows a window its cases, and takes its statements."""

    @api("GET", "/v1/my-window/cases", Action.READ_OWN_WINDOW, answers=list[CaseAtWindow])
    def get_own_cases(self, request: Request, actor: Actor) -> list[CaseAtWindow]:
        """Cases about the asker's window, newest month first: nothing about who rated, or when."""
        office = self._office()
        window = window_of(office.directory, actor)
        return list(at_window(self.db, actor, window, office))

    @api(
        "POST",
        "/v1/cases/<string:id>/statement",
        Action.STATE_FOR_WINDOW,
        takes=StatementForm,
        answers=CaseAtWindow,
    )
    def post_statement(self, request: Request, actor: Actor, id: str) -> CaseAtWindow:
        """Add a statement to the history of a case about the asker's window, while it is open."""
        form, cases, office = read_json(request, StatementForm), self._cases(), self._office()
        window = window_of(office.directory, actor)
        kept = state(cases, office, actor, window, id, form)
        self.audit.about("case", id, kept.case.unit)
        self.outbox.wake()
        return _shown(kept)


def window_of(directory: Directory, actor: Actor) -> str:
    """The window at which the actor sits. Raises NotFound for who sits at none."""
    person = principal(directory, actor.id)
    if person is None or person.window is None:
        raise NotFound(NO_WINDOW)
    return person.window


def at_window(db: Db, actor: Actor, window: str, office: Office) -> Iterable[CaseAtWindow]:
    """The cases about a window that the actor's unit may know of, the newest month first."""
    today = office.calendar.local(office.now)
    units = {each.unit for each in office.directory.window_periods.get(window, ())}
    wanted = {"facets": {"$in": sorted(f"unit={unit}" for unit in units)}, "window": window}
    found = db[CASES].find(wanted, SHOWN).sort("rating_month", -1).limit(MOST_SHOWN)
    for each in found:
        if actor.scope.intersection(each["seen_from"]) and _is_past(each["rating_day"], today):
            stated = _stated(each.get("commands", ()))
            month, now = each["rating_month"], CaseState(each["state"])
            yield CaseAtWindow(id=each["_id"], month=month, state=now, stated=stated)


def state(
    cases: Cases, office: Office, actor: Actor, window: str, id: str, form: StatementForm
) -> Kept:
    """Keep a statement, once, and return the case after it.

    Raises NotFound for a case that is not about the window, or not shown yet; Conflict when it is
    closed or has statements enough.
    """
    own = f"{actor.id}/{form.command_id}"
    while True:
        before = cases.find(id)
        if before is None or not _may_state(before.case, actor, window, office):
            raise NotFound
        if any(each["id"] == own for each in before.commands):
            return before
        if before.case.state is CaseState.CLOSED:
            raise Conflict("The case is closed; a statement would be read by nobody")
        if _stated(before.commands) >= MOST_STATEMENTS:
            raise Conflict(f"There are {MOST_STATEMENTS} statements already; tell the officer")
        cases.note(before, stated(before.case, actor, form.text, office), own)


def stated(case: Case, actor: Actor, text: str, office: Office) -> Step:
    """The case with one more line in its history; nothing else changes."""
    after, at = case.model_copy(update={"version": case.version + 1}), case.state
    entry = Entry(after.version, office.now, actor.id, STATEMENT, at, at, {"text": text})
    told = CaseMoved(
        case_id=case.id, move=STATEMENT, before=at, after=at, by=actor.id, at=office.now
    )
    return Step(after, (entry,), ((after.version, told),))


def _may_state(case: Case, actor: Actor, window: str, office: Office) -> bool:
    today = office.calendar.local(office.now)
    return case.window == window and sees(actor, case) and _is_past(case.rating_day, today)


def _is_past(day: str, today: date) -> bool:
    return day < today.isoformat()


def _stated(commands: Iterable[Any]) -> int:
    return sum(each["move"] == STATEMENT for each in commands)


def _shown(kept: Kept) -> CaseAtWindow:
    case, stated = kept.case, _stated(kept.commands)
    return CaseAtWindow(id=case.id, month=case.rating_day[:7], state=case.state, stated=stated)
