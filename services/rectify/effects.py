"""What each move records, and what entering or leaving a state does whatever the move. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.contracts.vocabulary import CaseState, Closing
from services.errors import Invalid
from services.rectify import parties
from services.rectify.deadlines import derive
from services.rectify.decision import Act, Office, Scene
from services.rectify.facts import Case, Result, Stop

Changes = dict[str, Any]


def appended(act: Act) -> Changes:
    """What the rater said in the append; with it something personal may have come anew."""
    return {"append_level": act.append, "erased_at": None}


def dispatched(act: Act) -> Changes:
    """The handling unit: the one named, or the lowest from the rated one upwards that can."""
    case, office = act.case, act.office
    handler = act.command.handler or parties.handler_for(case, office)
    if handler is None or not parties.can_handle(case, handler, office):
        raise _invalid("handler", "this unit has no officer who may handle the case")
    first = case.dispatched_at or office.now
    return {"handler": handler, "dispatched_at": first, "contact_from": office.now}


def redispatched(act: Act) -> Changes:
    """The unit that it belongs to; whoever had it there has it no longer."""
    return dispatched(act) | {"assignee": None}


def linked(act: Act) -> Changes:
    """The unit that the rating turned out to be about; its numbers go there from now on."""
    return {"unit": act.unit, "home": act.unit}


def taken(act: Act) -> Changes:
    """The officer who claimed it."""
    return {"assignee": act.actor.id}


def assigned(act: Act) -> Changes:
    """The officer to whom it was given; never the rated person or somebody at the rated window."""
    case, office = act.case, act.office
    person = parties.principal(office.directory, act.command.assignee or "")
    if not person or not case.handler:
        raise _invalid("assignee", "nobody is registered under this id")
    if not parties.may_be_given(case, person, case.handler, office):
        raise _invalid("assignee", "not an officer for this unit, or the rating was about them")
    return {"assignee": person.id}


def verified(act: Act) -> Changes:
    """That it is true, how difficult it is, and whether the rater was reached while verifying."""
    return {
        "verified_at": act.office.now,
        "difficulty": act.command.difficulty or act.case.difficulty,
        "reached": act.case.reached if act.command.reached is None else act.command.reached,
    }


def appealed(act: Act) -> Changes:
    """Who filed the appeal and for which unit."""
    return {"appealed": True, "filer": act.actor.id, "filer_unit": act.actor.unit}


def refused(act: Act) -> Changes:
    """A refused appeal means that the rating stands: it is verified."""
    return {"verified_at": act.case.verified_at or act.office.now}


def explained(act: Act) -> Changes:
    """Whose explanation waits for the approver."""
    return {"explained_by": act.actor.id}


def replied(act: Act) -> Changes:
    """When it was submitted and had to be, and the first reply; an explanation also ends the
    verification. What had to be is kept: rules that change later do not make it late.
    """
    now = act.office.now
    return {
        "submitted_at": now,
        "due_when_submitted": derive(act.case, act.office.rules).rectify.due,
        "replied_at": act.case.replied_at or now,
        "verified_at": act.case.verified_at or now,
    }


def upheld(act: Act) -> Changes:
    """Who found the rating invalid and why; the store has yet to mark it."""
    why = {"invalidity": act.command.invalidity, "decider": act.actor.id}
    return {"invalidated": True, "mark_pending": True, **why}


def marked(act: Act) -> Changes:
    """The store has marked the rating; from now on the receipt tells its rater why."""
    why = act.invalidity or act.case.invalidity
    return {"invalidated": True, "mark_pending": False, "objecting": False, "invalidity": why}


def informed(act: Act) -> Changes:
    """When somebody told the rater that the rating does not count, and why."""
    return {"informed_at": act.office.now}


def attached(act: Act) -> Changes:
    """One more file of evidence."""
    return {"files": (*act.case.files, act.file)}


def called(act: Act) -> Changes:
    """An attempt, whether the rater was reached, and what they said."""
    attempts = act.case.attempts + 1
    if act.command.result is Result.UNREACHABLE:
        return {"attempts": attempts, "reached": bool(act.case.reached)}
    satisfied = act.command.result is Result.SATISFIED
    return {"attempts": attempts, "reached": True, "satisfied": satisfied}


def reworked(act: Act) -> Changes:
    """The call, and that the one rework is used."""
    return called(act) | {"reworked": True}


def reopened(act: Act) -> Changes:
    """The append, and that the one reopening is used."""
    return {**appended(act), "reopened": True}


def extension_asked(act: Act) -> Changes:
    """Whose request waits for the approver; only one is decided, one that lapsed was none."""
    return {"extension_asked": True, "extension_by": act.actor.id}


def extended(act: Act) -> Changes:
    """The round whose deadline is extended."""
    return {"extension_by": None, "extended_in": act.case.round}


def paused(act: Act) -> Changes:
    """Since when it waits for the citizen."""
    return {"stops": (*act.case.stops, Stop(why="pause", since=act.office.now))}


def resumed(act: Act) -> Changes:
    """Until when it waited."""
    return {"stops": _ended(act.case, act.office.now)}


def crossing(scene: Scene, to: CaseState, closing: Closing | None) -> Changes:
    """What leaving one state for another does: requests lapse, stops end, rounds begin.

    A request for an extension goes on from verifying to rectifying, for the same clock runs on.
    """
    case, now = scene.case, scene.office.now
    changes: Changes = {"state": to, "closing": closing, "stops": _ended(case, now)}
    changes["explained_by"] = None
    if case.extension_by and (case.state, to) != (CaseState.VERIFYING, CaseState.RECTIFYING):
        changes |= {"extension_by": None, "extension_asked": False}
    changes["closed_at"] = now if to is CaseState.CLOSED else None
    if to is CaseState.APPEAL_REVIEW:
        changes["stops"] = (*_ended(case, now), Stop(why="appeal", since=now))
    if to is CaseState.AWAITING_CALLBACK:
        changes |= {"awaiting_since": now, "awaited_first": case.awaited_first or now}
    if case.state in {CaseState.CLOSED, CaseState.AWAITING_CALLBACK} and to is not CaseState.CLOSED:
        changes |= _new_round(case, scene.office)
    return changes


def _new_round(case: Case, office: Office) -> Changes:
    return {
        "round": case.round + 1,
        "round_from": office.now,
        "overran": ran_late(case, office),
        "contact_from": case.contact_from or office.now,
        "submitted_at": None,
        "due_when_submitted": None,
        "attempts": 0,
    }


def ran_late(case: Case, office: Office) -> bool:
    """Whether this round, or one before it, ended (or still is) after its due time."""
    due = case.due_when_submitted or derive(case, office.rules).rectify.due
    ended = case.submitted_at or case.closed_at or office.now
    return case.overran or (due is not None and ended > due)


def _ended(case: Case, now: datetime) -> tuple[Stop, ...]:
    return tuple(
        stop if stop.until else stop.model_copy(update={"until": now}) for stop in case.stops
    )


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(errors=[{"pointer": f"/{field}", "detail": detail}])
