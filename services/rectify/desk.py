"""What rectify does with what it is asked: read, decide, keep.

Every write is guarded by the version that was read; whoever was slower decides anew.
"""

from __future__ import annotations

from services.contracts.actor import Actor, Role
from services.errors import Conflict, NotAllowed, NotFound
from services.rectify.case import legal_moves, move
from services.rectify.deadlines import derive
from services.rectify.decision import Act, Office, Scene
from services.rectify.document import Kept
from services.rectify.facts import Command
from services.rectify.history import escalated
from services.rectify.opening import (
    Report,
    for_report,
    opened,
)
from services.rectify.parties import sees
from services.rectify.repository import Cases
from services.rectify.views import wordless

SWEEP_AT_ONCE = 500
OPENS_BY_HAND = {Role.DISPATCHER, Role.CALLER, Role.SUPERVISOR}
UNLIKE = "No case was opened: its reference is in use"
TAKEN = "this number stands for a case about another unit; add what tells the two apart"


def open_report(cases: Cases, office: Office, actor: Actor, report: Report) -> str:
    """Open a case by hand for another source; returns its id, the same when it is open already.

    Raises NotAllowed for other roles, NotFound for a unit that is unknown or outside the scope,
    Conflict when the same reference came in about another unit: each counts its own letters.
    """
    if not actor.roles & OPENS_BY_HAND:
        raise NotAllowed
    if report.unit not in office.directory.unit or not actor.sees(report.unit):
        raise NotFound("There is no such unit within your scope")
    case = for_report(report, office)
    if not sees(actor, case):
        raise NotAllowed("Whoever belongs to the unit may not open a case about a forced review")
    if not cases.open(opened(case, office, actor.id)):
        there = cases.find(case.id)
        if there and there.case.unit != case.unit:
            raise Conflict(UNLIKE, errors=[{"pointer": "/reference", "detail": TAKEN}])
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
    when the actor had seen an older version; what others wrote meanwhile is told with the case.
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
            since=[wordless(line) for line in cases.history(id, command.expected_version)],
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
