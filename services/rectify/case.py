"""The case (差评工单): the table of its moves, and the one function that makes them. Pure.

Read a row as: in these states somebody with one of these roles may make this move, as long as the
guards hold, giving what it needs; it leads to that state (a Closing: closed so; None: it stays) and
records this. Of several rows for one move, the first whose guards hold is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from services.contracts.actor import Role
from services.contracts.vocabulary import CaseState, Closing
from services.errors import Conflict, Invalid, NotAllowed, NotFound
from services.rectify import effects as do
from services.rectify import guards as g
from services.rectify.decision import Act, Scene, Step
from services.rectify.facts import Command, Move, Result
from services.rectify.history import moved
from services.rectify.parties import sees


@dataclass(frozen=True)
class Row:
    """One row of the table; `result` tells the rows of a call-back apart."""

    move: Move
    states: Set[CaseState]
    to: CaseState | Closing | None
    roles: Set[Role]
    needs: tuple[str, ...]
    guards: tuple[g.Guard, ...]
    records: do.Changes | Callable[[Act], do.Changes]
    result: Result | None = None


M, S, E = Move, CaseState, Closing
UNDISPATCHED, OPENED, VERIFYING, RECTIFYING = S.UNDISPATCHED, S.OPENED, S.VERIFYING, S.RECTIFYING
CALLBACK, REVIEW, CLOSED = S.AWAITING_CALLBACK, S.APPEAL_REVIEW, S.CLOSED
WORKING = {VERIFYING, RECTIFYING}
UNSUBMITTED = WORKING | {OPENED}
ANY = set(CaseState)
ANY_OPEN = ANY - {CLOSED}
SYSTEM, DISPATCHER, OFFICER, APPROVER, AUDITOR, CALLER, SUPERVISOR = (
    {Role(name)} for name in "system dispatcher officer approver auditor caller supervisor".split()
)
DISPATCHERS = DISPATCHER | SYSTEM
HEADS = APPROVER | DISPATCHER | SUPERVISOR
JUDGES = AUDITOR | SUPERVISOR
WORKERS = HEADS | OFFICER | JUDGES | CALLER
WHY, TEXT, PROOF = ("reason",), ("text",), ("reason", "invalidity")
WHERE = ("handler",)
FREE, MINE, OURS = (g.FREE_OF_THE_RATED,), (g.ASSIGNEE,), (g.FOR_HANDLER,)
REVIEWER = (*FREE, g.OUTSIDE, g.NO_OBJECTION)
JUDGE = (*FREE, g.OUTSIDE_THE_UNIT, g.OBJECTION, g.NOT_DECIDER)
CALL = (*FREE, g.NOT_ASSIGNEE)
EXPLAINED = (*FREE, g.EXPLANATION, g.NOT_EXPLAINER)
ASKED = (*FREE, g.EXTENSION, g.NOT_ASKER)
APPEALABLE = (*MINE, g.IS_RATING, g.FIRST_APPEAL, g.CAN_BE_REVIEWED)
EXTENDABLE = (*MINE, g.FIRST_EXTENSION, g.BEFORE_DUE)
PAUSABLE = (*MINE, g.CONTACTABLE, g.RUNNING, g.PAUSE_LEFT)
ELSEWHERE = (g.ELSEWHERE, g.HANDLEABLE_ELSEWHERE)
MOVED, MOVED_ELSEWHERE = (g.MISPLACED, g.HANDLEABLE), (g.MISPLACED, *ELSEWHERE)
REOPENS = (g.BAD_APPEND, g.FIRST_REOPENING)
TO_OBJECT = (g.INVALIDATED, g.FIRST_OBJECTION, g.CAN_BE_JUDGED)
TOLD = (*FREE, g.INVALIDATED, g.CONTACTABLE, g.UNINFORMED)
SHOWN = (g.REVEALING, g.IDENTIFIED, g.NOT_ERASED)
LAST_CALL = (*CALL, g.LAST_ATTEMPT)
YES, NO, NOBODY = Result.SATISFIED, Result.DISSATISFIED, Result.UNREACHABLE
NO_HANDLER = {"handler": None, "assignee": None}
VALID = {"invalidated": False, "objecting": False}
UNFILED = "no file of this case has this id; send the file to …/evidence of the case first"
OBJECTED, DISMISSED = {"objected": True, "objecting": True}, {"objecting": False}

# fmt: off
TABLE = (
    Row(M.DISPATCH, {UNDISPATCHED}, OPENED, DISPATCHERS, (), (g.HANDLEABLE,), do.dispatched),
    Row(M.DISPATCH, {UNDISPATCHED}, OPENED, DISPATCHERS, WHERE, ELSEWHERE, do.dispatched),
    Row(M.DISPATCH, UNSUBMITTED, OPENED, DISPATCHERS, (), MOVED, do.redispatched),
    Row(M.DISPATCH, UNSUBMITTED, OPENED, DISPATCHERS, WHERE, MOVED_ELSEWHERE, do.redispatched),
    Row(M.LINK, ANY, None, SYSTEM, (), (), do.linked),
    Row(M.CLAIM, {OPENED}, VERIFYING, OFFICER, (), OURS, do.taken),
    Row(M.ASSIGN, {OPENED}, VERIFYING, HEADS, ("assignee",), FREE, do.assigned),
    Row(M.ASSIGN, WORKING, None, HEADS, ("assignee",), FREE, do.assigned),
    Row(M.RETURN, {OPENED}, UNDISPATCHED, OFFICER, WHY, OURS, NO_HANDLER),
    Row(M.RETURN, {VERIFYING}, UNDISPATCHED, OFFICER, WHY, MINE, NO_HANDLER),
    Row(M.VERIFY, {VERIFYING}, RECTIFYING, OFFICER, (), MINE, do.verified),

    Row(M.APPEAL, WORKING, REVIEW, OFFICER, ("reason", "evidence"), APPEALABLE, do.appealed),
    Row(M.UPHOLD, {REVIEW}, E.INVALIDATED, AUDITOR, PROOF, REVIEWER, do.upheld),
    Row(M.REFUSE, {REVIEW}, RECTIFYING, AUDITOR, WHY, REVIEWER, do.refused),
    Row(M.OBJECT, {CLOSED}, REVIEW, SYSTEM, TEXT, TO_OBJECT, OBJECTED),
    Row(M.SUSTAIN, {REVIEW}, RECTIFYING, JUDGES, WHY, (*JUDGE, g.HANDLED), VALID),
    Row(M.SUSTAIN, {REVIEW}, UNDISPATCHED, JUDGES, WHY, (*JUDGE, g.UNHANDLED), VALID),
    Row(M.DISMISS, {REVIEW}, E.INVALIDATED, JUDGES, WHY, JUDGE, DISMISSED),
    Row(M.INFORM, {CLOSED}, None, CALLER, TEXT, TOLD, do.informed),

    Row(M.EXPLAIN, WORKING, None, OFFICER, TEXT, (*MINE, g.NO_EXPLANATION), do.explained),
    Row(M.CONFIRM, WORKING, CALLBACK, APPROVER, (), (*EXPLAINED, g.CONTACTABLE), do.replied),
    Row(M.CONFIRM, WORKING, E.NO_CONTACT, APPROVER, (), (*EXPLAINED, g.NO_CONTACT), do.replied),
    Row(M.DECLINE, WORKING, None, APPROVER, WHY, EXPLAINED, {"explained_by": None}),

    Row(M.SUBMIT, {RECTIFYING}, CALLBACK, OFFICER, TEXT, (*MINE, g.CONTACTABLE), do.replied),
    Row(M.SUBMIT, {RECTIFYING}, E.NO_CONTACT, OFFICER, TEXT, (*MINE, g.NO_CONTACT), do.replied),
    Row(M.CALLBACK, {CALLBACK}, E.SATISFIED, CALLER, (), CALL, do.called, YES),
    Row(M.CALLBACK, {CALLBACK}, RECTIFYING, CALLER, WHY, (*CALL, g.FIRST_REWORK), do.reworked, NO),
    Row(M.CALLBACK, {CALLBACK}, E.DISSATISFIED, CALLER, WHY, (*CALL, g.REWORKED), do.called, NO),
    Row(M.CALLBACK, {CALLBACK}, None, CALLER, (), (*CALL, g.ATTEMPTS_LEFT), do.called, NOBODY),
    Row(M.CALLBACK, {CALLBACK}, E.UNREACHABLE, CALLER, (), LAST_CALL, do.called, NOBODY),

    Row(M.APPEND, {CLOSED}, RECTIFYING, SYSTEM, (), (*REOPENS, g.HANDLED), do.reopened),
    Row(M.APPEND, {CLOSED}, UNDISPATCHED, SYSTEM, (), (*REOPENS, g.UNHANDLED), do.reopened),
    Row(M.APPEND, ANY, None, SYSTEM, (), (), do.appended),
    Row(M.OVERTURN, {CLOSED}, RECTIFYING, SUPERVISOR, WHY, (g.INVALIDATED, g.HANDLED), VALID),
    Row(M.OVERTURN, {CLOSED}, UNDISPATCHED, SUPERVISOR, WHY, (g.INVALIDATED, g.UNHANDLED), VALID),
    Row(M.INVALIDATE, ANY_OPEN, E.INVALIDATED, SYSTEM, (), (), do.marked),
    Row(M.INVALIDATE, {CLOSED}, None, SYSTEM, (), (), do.marked),

    Row(M.ASK_EXTENSION, WORKING, None, OFFICER, WHY, EXTENDABLE, do.extension_asked),
    Row(M.GRANT_EXTENSION, WORKING, None, APPROVER, (), ASKED, do.extended),
    Row(M.DENY_EXTENSION, WORKING, None, APPROVER, WHY, ASKED, {"extension_by": None}),
    Row(M.PAUSE, WORKING, None, OFFICER, WHY, PAUSABLE, do.paused),
    Row(M.RESUME, WORKING, None, OFFICER | APPROVER, (), (*FREE, g.PAUSED), do.resumed),
    Row(M.ATTACH, ANY_OPEN, None, WORKERS, (), (*FREE, g.FILE, g.ROOM), do.attached),
    Row(M.REVEAL, WORKING, None, OFFICER, WHY, (*SHOWN, *FREE, *MINE), {}),
    Row(M.REVEAL, {CALLBACK}, None, CALLER, WHY, (*SHOWN, *CALL), {}),
    Row(M.REVEAL, {CLOSED}, None, CALLER, WHY, (*SHOWN, *TOLD), {}),
    Row(M.REVEAL, {REVIEW}, None, AUDITOR, WHY, (*SHOWN, *REVIEWER), {}),
    Row(M.REVEAL, {REVIEW}, None, JUDGES, WHY, (*SHOWN, *JUDGE), {}),
    Row(M.SUPERVISE, ANY_OPEN, None, SUPERVISOR, WHY, (), {"supervised": True}),
)
# fmt: on


def move(act: Act) -> Step:
    """The case after the move. Raises NotFound when the actor does not see the case, Conflict or
    NotAllowed (with what would be legal now) when the table does not allow the move, and Invalid
    (with the fields) when it lacks something that the move needs.
    """
    if not sees(act.actor, act.case):
        raise NotFound
    row = _row_for(act)
    if wrong := [*_missing(row, act.command), *_unfiled(act)]:
        raise Invalid(errors=wrong)
    changes = row.records(act) if callable(row.records) else row.records
    to = CLOSED if isinstance(row.to, Closing) else row.to
    if to is not None:
        closing = row.to if isinstance(row.to, Closing) else None
        changes = {**do.crossing(act, to, closing), **changes}
    return moved(act, changes)


def legal_moves(scene: Scene) -> list[dict[str, Any]]:
    """What the actor can do now: each move, with its result if it has one, and what it needs."""
    rows = TABLE if sees(scene.actor, scene.case) else ()
    legal = [row for row in rows if _may(row, scene) and _refusal(row, scene) is None]
    return [
        {"move": row.move, **({"result": row.result} if row.result else {}), "needs": row.needs}
        for row in legal
    ]


def _missing(row: Row, command: Command) -> Iterator[dict[str, str]]:
    for name in row.needs:
        if not getattr(command, name):
            yield {"pointer": f"/{name}", "detail": f"'{command.move}' needs it"}


def _unfiled(act: Act) -> Iterator[dict[str, str]]:
    """Evidence is a file of this case, so that whoever decides can open what is referred to."""
    filed = {file.id for file in act.case.files}
    for place, id in enumerate(act.command.evidence):
        if id not in filed:
            yield {"pointer": f"/evidence/{place}", "detail": UNFILED}


def _may(row: Row, scene: Scene) -> bool:
    return scene.case.state in row.states and bool(scene.actor.roles & row.roles)


def _refusal(row: Row, scene: Scene) -> g.Guard | None:
    return next((guard for guard in row.guards if not guard.holds(scene)), None)


def _row_for(act: Act) -> Row:
    wanted = act.command
    named = [row for row in TABLE if row.move is wanted.move and act.case.state in row.states]
    if not named:
        what = f"'{wanted.move}' is not possible while a case is {act.case.state}"
        raise Conflict(what, legal=legal_moves(act))
    rows = [row for row in named if _may(row, act)]
    if not rows:
        raise NotAllowed(f"Your roles do not include '{wanted.move}'", legal=legal_moves(act))
    rows = [row for row in rows if row.result is wanted.result]
    if not rows:
        raise Invalid(errors=[{"pointer": "/result", "detail": "not a result of this move"}])
    refusals = [_refusal(row, act) for row in rows]
    guard = refusals[0]
    if guard is not None and all(refusals):
        raise guard.error(guard.says, legal=legal_moves(act))
    return rows[refusals.index(None)]
