"""A change of the rules or the calendar sets open deadlines anew, each once, with old and new."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.contracts.events import CaseMoved
from services.contracts.vocabulary import CaseState
from services.rectify.deadlines import BEFORE_SUBMITTED, BEFORE_VERIFIED, derive
from services.rectify.decision import Entry, Office, Step
from services.rectify.document import moment
from services.rectify.facts import Case
from services.rectify.parties import SYSTEM
from services.rectify.repository import Cases

AT_ONCE = 500
MOVE = "rederive"


def rederive_open(cases: Cases, office: Office) -> int:
    """Set anew what rests on older rules or an older calendar; how many cases were touched.

    A guarded update for each case: whichever replica comes first, each change is told once.
    """
    older, done = cases.older_bases(office.now), 0
    for before, was in cases.resting_on(older, AT_ONCE) if older else ():
        done += cases.rederive(before, rederived(before.case, was, office), was["basis"])
    return done


def rederived(case: Case, was: Mapping[str, Any], office: Office) -> Step:
    """The step that the change comes to; without a line of history when nothing falls due anew."""
    changes = _changes(case, was, office)
    if not changes:
        return Step(case, (), ())
    after = case.model_copy(update={"version": case.version + 1})
    details = {"rules": [was["rules"], office.rules.label], "changes": changes}
    state = case.state
    entry = Entry(after.version, office.now, SYSTEM.id, MOVE, state, state, details)
    told = CaseMoved(
        case_id=case.id, move=MOVE, before=state, after=state, by=SYSTEM.id, at=office.now
    )
    return Step(after, (entry,), ((after.version, told),))


def _changes(case: Case, was: Mapping[str, Any], office: Office) -> dict[str, list[str | None]]:
    """Old and new of each clock that has not ended."""
    deadlines = derive(case, office.rules)
    new = {"due_at": deadlines.due_at}
    if case.state in BEFORE_VERIFIED:
        new["contact_due_at"] = deadlines.contact.due
    if case.state in BEFORE_SUBMITTED | {CaseState.APPEAL_REVIEW}:
        new["rectify_due_at"] = deadlines.rectify.due
    pairs = {name: [_said(was[name]), _said(due)] for name, due in new.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _said(at: datetime | None) -> str | None:
    return moment(at) if at else None
