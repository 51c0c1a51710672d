"""Turns a decision into history and events: who, when, from, to, old and new values. Pure."""

from __future__ import annotations

from typing import Any

from services.contracts.commands import InvalidateRating, ReinstateRating
from services.contracts.events import CaseClosed, CaseMoved, CaseOpened
from services.contracts.message import Message
from services.contracts.vocabulary import CaseState
from services.rectify.deadlines import Rung, derive, rung_key
from services.rectify.decision import Act, Entry, Office, Step
from services.rectify.effects import Changes
from services.rectify.facts import Case, Move
from services.rectify.parties import SYSTEM

TOLD_APART = frozenset({"version", "state"})
NOT_SAID = {"command_id", "move", "expected_version"}
SUPERVISION = "supervised"
ERASURE = "erase"


def begin(case: Case, by: str) -> Step:
    """The first line of a new case."""
    entry = Entry(1, case.opened_at, by, "open", case.state, case.state, {})
    told = CaseOpened(
        case_id=case.id, rating_key=case.rating_key, unit=case.unit, at=case.opened_at
    )
    return Step(case, (entry,), ((1, told),))


def moved(act: Act, changes: Changes) -> Step:
    """The step that a move comes to, given what it changes."""
    case, command = act.case, act.command
    said = command.model_dump(mode="json", exclude=NOT_SAID, exclude_none=True)
    said = {name: value for name, value in said.items() if value != []}
    after, entry = _line(case, act.actor.id, command.move, changes, act.office, said)
    told = [_told(entry, after.id)]
    if after.state is CaseState.CLOSED and case.state is not CaseState.CLOSED:
        told.append(_closed(after))
    if command.move is Move.UPHOLD:
        told.append(_invalidation(act, after))
    if command.move in {Move.OVERTURN, Move.SUSTAIN}:
        told.append(_reinstatement(act, after))
    return Step(after, (entry,), tuple((after.version, message) for message in told))


def erased(case: Case, by: str, why: str, reason: str, office: Office) -> Step:
    """What was personal about the rater goes; by whom and why is a line that stays."""
    said = {"why": why, "reason": reason}
    after, entry = _line(case, by, ERASURE, {"erased_at": office.now}, office, said)
    return Step(after, (entry,), ((after.version, _told(entry, case.id)),))


def escalated(case: Case, rungs: tuple[Rung, ...], office: Office) -> Step:
    """Records each rung that has come, in order, once; the rung named `supervised` is 督办."""
    step = Step(case, (), ())
    for rung in rungs:
        before = step.case
        changes: Changes = {"escalations": (*before.escalations, rung_key(before, rung.name))}
        if rung.name == SUPERVISION:
            changes["supervised"] = True
        said = {"tells": rung.tells.value, "due": rung.at.isoformat()}
        after, entry = _line(before, SYSTEM.id, f"escalate:{rung.name}", changes, office, said)
        told = (after.version, _told(entry, case.id))
        step = Step(after, (*step.entries, entry), (*step.messages, told))
    return step


def _line(
    case: Case, by: str, move: str, changes: Changes, office: Office, said: dict[str, Any]
) -> tuple[Case, Entry]:
    after = case.model_copy(update={**changes, "version": case.version + 1})
    details = {**said, "changes": {**_changed(case, after), **_due_changed(case, after, office)}}
    return after, Entry(after.version, office.now, by, move, case.state, after.state, details)


def _changed(before: Case, after: Case) -> dict[str, Any]:
    old, new = (case.model_dump(mode="json", exclude=set(TOLD_APART)) for case in (before, after))
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def _due_changed(before: Case, after: Case, office: Office) -> dict[str, Any]:
    old, new = (derive(case, office.rules) for case in (before, after))
    pairs = {
        "contact_due_at": (old.contact.due, new.contact.due),
        "rectify_due_at": (old.rectify.due, new.rectify.due),
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return {name: [at.isoformat() if at else None for at in pair] for name, pair in changed.items()}


def _told(entry: Entry, case_id: str) -> Message:
    return CaseMoved(
        case_id=case_id,
        move=entry.move,
        before=entry.before,
        after=entry.after,
        by=entry.by,
        at=entry.at,
        tells=entry.details.get("tells"),
    )


def _closed(case: Case) -> Message:
    return CaseClosed.model_validate(
        {"case_id": case.id, "closing": case.closing, "at": case.closed_at}
    )


def _invalidation(act: Act, after: Case) -> Message:
    return InvalidateRating.model_validate(
        {
            "command_id": f"{after.id}:{after.version}",
            "rating_key": after.rating_key,
            "reason": act.command.invalidity,
            "case_id": after.id,
            "decided_by": (after.filer, act.actor.id),
        }
    )


def _reinstatement(act: Act, after: Case) -> Message:
    return ReinstateRating.model_validate(
        {
            "command_id": f"{after.id}:{after.version}",
            "rating_key": after.rating_key,
            "case_id": after.id,
            "decided_by": (act.actor.id,),
        }
    )
