"""What rectify does with what it hears and what it is asked: read, decide, keep.

Every write is guarded by the version that was read; whoever was slower decides anew.
"""

from __future__ import annotations

from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts.actor import Actor, Role
from services.contracts.events import AppendStored, BadRatingStored, RatingInvalidated
from services.contracts.message import Message
from services.contracts.vocabulary import Level
from services.errors import Conflict, NotAllowed, NotFound
from services.rectify.case import legal_moves, move
from services.rectify.deadlines import derive
from services.rectify.document import Kept
from services.rectify.facts import Act, Command, Move, Office, Scene
from services.rectify.history import escalated
from services.rectify.opening import (
    Report,
    case_id,
    for_rating,
    for_report,
    opened,
    why_unopened,
)
from services.rectify.parties import SYSTEM, sees
from services.rectify.repository import Cases

SWEEP_AT_ONCE = 500
OPENS_BY_HAND = {Role.DISPATCHER, Role.CALLER, Role.SUPERVISOR}


def hear(cases: Cases, office: Office, message: Message) -> Outcome:
    """React to an event of the store; hearing it again changes nothing."""
    match message:
        case BadRatingStored():
            return open_for_rating(cases, office, message)
        case AppendStored():
            return note_append(cases, office, message)
        case RatingInvalidated():
            return note_invalidation(cases, office, message)
    return Never(f"rectify does not know {type(message).__name__}")


def open_for_rating(cases: Cases, office: Office, rating: BadRatingStored) -> Outcome:
    """Open the case of a bad rating, or keep the reason why the rules open none."""
    reason = why_unopened(rating, office.rules)
    if reason is None:
        cases.open(opened(for_rating(rating, office), office))
        return Done()
    day = office.calendar.local(rating.pressed_at).isoformat()
    why = {"reason": reason.value, "unit": rating.unit, "level": int(rating.level)}
    known = {"channel": rating.channel.value, "rating_day": day, "at": office.now}
    cases.keep_unopened(rating.rating_key, {**why, **known})
    return Done()


def note_append(cases: Cases, office: Office, append: AppendStored) -> Outcome:
    """Note an append; a bad one reopens a closed case, once."""
    id = case_id(append.first_key)
    command_id = f"append:{append.rating_key}"
    if _system_move(cases, office, id, Move.APPEND, command_id, append.level):
        return Done()
    if cases.is_unopened(append.first_key):
        return Done()
    return Later("the case of the first rating is not open yet")


def note_invalidation(cases: Cases, office: Office, event: RatingInvalidated) -> Outcome:
    """The store has marked the rating: the mark is no longer pending, an open case closes."""
    command_id = f"invalidated:{event.command_id}"
    _system_move(cases, office, case_id(event.rating_key), Move.INVALIDATE, command_id)
    return Done()


def _system_move(
    cases: Cases, office: Office, id: str, kind: Move, command_id: str, append: Level | None = None
) -> bool:
    while before := cases.find(id):
        version = before.case.version
        command = Command(command_id=command_id, move=kind, expected_version=version)
        if before.has_made(command):
            return True
        act = Act(before.case, SYSTEM, office, command, append=append)
        if cases.save(before, move(act), command):
            return True
    return False


def open_report(cases: Cases, office: Office, actor: Actor, report: Report) -> str:
    """Open a case by hand for another source; returns its id, the same when it is open already.

    Raises NotAllowed for other roles, NotFound for a unit that is unknown or outside the scope.
    """
    if not actor.roles & OPENS_BY_HAND:
        raise NotAllowed
    if report.unit not in office.directory.unit or not actor.sees(report.unit):
        raise NotFound("There is no such unit within your scope")
    case = for_report(report, office)
    if not sees(actor, case):
        raise NotAllowed("Whoever belongs to the unit may not open a case about a forced review")
    cases.open(opened(case, office, actor.id))
    return case.id


def visible(cases: Cases, actor: Actor, id: str) -> Kept:
    """The case, for somebody who may see it. Raises NotFound otherwise."""
    before = cases.find(id)
    if before is None or not sees(actor, before.case):
        raise NotFound
    return before


def make_move(cases: Cases, office: Office, actor: Actor, id: str, command: Command) -> Kept:
    """Carry out a command once; sent again it changes nothing. Returns the case after it.

    A command id means something only beside its actor's. Raises Conflict, saying what has changed,
    when the actor had seen an older version.
    """
    own = command.model_copy(update={"command_id": f"{actor.id}/{command.command_id}"})
    return _make_move(cases, office, actor, id, own)


def _make_move(cases: Cases, office: Office, actor: Actor, id: str, command: Command) -> Kept:
    before = visible(cases, actor, id)
    if before.has_made(command):
        return before
    if command.expected_version != before.case.version:
        raise Conflict(
            "The case has changed since you read it; see 'since', and decide anew",
            version=before.case.version,
            since=cases.history(id, command.expected_version),
            legal=legal_moves(Scene(before.case, actor, office)),
        )
    cases.save(before, move(Act(before.case, actor, office, command)), command)
    return _make_move(cases, office, actor, id, command)


def escalate_due(cases: Cases, office: Office) -> int:
    """Record every rung that has come, each once whatever the number of replicas; how many cases.

    Late after an outage, but never twice, and in order.
    """
    done = 0
    for before in cases.due(office.now, SWEEP_AT_ONCE):
        rungs = derive(before.case, office.rules).come(office.now)
        done += cases.escalate(before, escalated(before.case, rungs, office), office.now)
    return done
