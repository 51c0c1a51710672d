"""What must hold before a move, beyond state and role; each guard says why it refuses. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.contracts.vocabulary import CaseSource
from services.errors import Conflict, NotAllowed, Refused
from services.rectify import parties
from services.rectify.deadlines import derive, pause_days_left
from services.rectify.decision import Scene

MOST_FILES = 20


@dataclass(frozen=True)
class Guard:
    """A condition, the sentence that refuses when it does not hold, and the error that says it."""

    says: str
    holds: Callable[[Scene], bool]
    error: type[Refused] = Conflict


def _is_free_of_the_rated(scene: Scene) -> bool:
    return parties.is_free(scene.actor, scene.case, scene.office.directory)


def _is_for_handler(scene: Scene) -> bool:
    person = parties.principal(scene.office.directory, scene.actor.id)
    handler = scene.case.handler
    if person is None or handler is None:
        return False
    return parties.may_be_given(scene.case, person, handler, scene.office)


def _is_before_due(scene: Scene) -> bool:
    due = derive(scene.case, scene.office.rules).rectify.due
    return due is not None and scene.office.now <= due


def _has_pause_left(scene: Scene) -> bool:
    return pause_days_left(scene.case, scene.office.rules.deadlines, scene.office.calendar) > 0


def _has_attempts_left(scene: Scene) -> bool:
    return scene.case.attempts + 1 < scene.office.rules.deadlines.callback_attempts


def _is_outside(scene: Scene) -> bool:
    filer_unit = scene.case.filer_unit
    return filer_unit is not None and parties.is_outside(
        scene.office.directory, scene.actor.unit, filer_unit
    )


def _has_reviewer(scene: Scene) -> bool:
    unit = scene.actor.unit
    return unit is not None and parties.has_reviewer(scene.case, unit, scene.office)


def _appends_bad(scene: Scene) -> bool:
    return scene.append is not None and scene.office.rules.is_bad(scene.append)


def _is_outside_the_unit(scene: Scene) -> bool:
    case, directory = scene.case, scene.office.directory
    return parties.is_outside(directory, scene.actor.unit, case.filer_unit or case.unit)


def is_misplaced(scene: Scene) -> bool:
    """Whether the rating turned out to be about a unit that the handler neither is nor heads, or
    the handler was closed or merged, or its last officer has left.
    """
    case, office = scene.case, scene.office
    if case.handler is None:
        return False
    chain = parties.upwards(office.directory, case.home)
    return case.handler not in set(chain) or not parties.can_handle(case, case.handler, office)


def _has_judge(scene: Scene) -> bool:
    return parties.has_judge(scene.case, scene.office)


def opposite(guard: Guard, says: str) -> Guard:
    """The guard that holds when the other does not."""
    return Guard(says, lambda scene: not guard.holds(scene), guard.error)


FREE_OF_THE_RATED = Guard(
    "The rating was about you or your window; somebody else has to do this",
    _is_free_of_the_rated,
    NotAllowed,
)
FOR_HANDLER = Guard(
    "Only an officer for the handling unit whom the rating was not about may take the case",
    _is_for_handler,
    NotAllowed,
)
ASSIGNEE = Guard(
    "Only the officer to whom the case is assigned may do this",
    lambda scene: scene.actor.id == scene.case.assignee,
    NotAllowed,
)
NOT_ASSIGNEE = Guard(
    "The officer who handled the case may not judge it",
    lambda scene: scene.actor.id != scene.case.assignee,
    NotAllowed,
)
OUTSIDE = Guard(
    "An appeal is reviewed by somebody outside the unit that filed it and all below it",
    _is_outside,
    NotAllowed,
)
CAN_BE_REVIEWED = Guard(
    "No auditor above your unit who could decide is registered; ask an administrator",
    _has_reviewer,
)
IS_RATING = Guard(
    "Only a rating can be appealed against", lambda scene: scene.case.source is CaseSource.RATING
)
HANDLEABLE = Guard(
    "No unit from the rated one upwards has an officer who may handle it; register one",
    lambda scene: parties.handler_for(scene.case, scene.office) is not None,
)
ELSEWHERE = opposite(HANDLEABLE, "A unit from the rated one upwards can handle it")
HANDLEABLE_ELSEWHERE = Guard(
    "No unit has an officer who may handle it; register one",
    lambda scene: parties.is_handleable(scene.case, scene.office),
)
FIRST_APPEAL = Guard("There was an appeal already", lambda scene: not scene.case.appealed)
NO_EXPLANATION = Guard(
    "An explanation waits for the approver already", lambda scene: scene.case.explained_by is None
)
EXPLANATION = Guard(
    "No explanation waits for you", lambda scene: scene.case.explained_by is not None
)
NOT_EXPLAINER = Guard(
    "Whoever wrote an explanation may not confirm it",
    lambda scene: scene.case.explained_by != scene.actor.id,
    NotAllowed,
)
CONTACTABLE = Guard("There is no way to reach the rater", lambda scene: scene.case.contactable)
NO_CONTACT = opposite(CONTACTABLE, "The rater can be reached and has to be called")
FIRST_REWORK = Guard("It was reworked already", lambda scene: not scene.case.reworked)
REWORKED = opposite(FIRST_REWORK, "It was not reworked yet")
ATTEMPTS_LEFT = Guard("This was the last attempt", _has_attempts_left)
LAST_ATTEMPT = opposite(ATTEMPTS_LEFT, "There are attempts left")
BAD_APPEND = Guard("The append is not bad", _appends_bad)
HANDLED = Guard("No unit handles the case", lambda scene: scene.case.handler is not None)
UNHANDLED = opposite(HANDLED, "A unit handles the case")
FIRST_REOPENING = Guard("An append reopened it already", lambda scene: not scene.case.reopened)
INVALIDATED = Guard(
    "Only an invalidation can be overturned, once the store has carried it out",
    lambda scene: scene.case.invalidated and not scene.case.mark_pending,
)
FIRST_EXTENSION = Guard(
    "An extension was asked for already", lambda scene: not scene.case.extension_asked
)
BEFORE_DUE = Guard("The case is already overdue", _is_before_due)
EXTENSION = Guard(
    "No request for an extension waits for you", lambda scene: scene.case.extension_by is not None
)
NOT_ASKER = Guard(
    "Whoever asked for an extension may not decide on it",
    lambda scene: scene.case.extension_by != scene.actor.id,
    NotAllowed,
)
RUNNING = Guard("It is paused already", lambda scene: not scene.case.paused)
PAUSED = opposite(RUNNING, "It is not paused")
FILE = Guard(
    "A file is sent as it is, to …/evidence of the case", lambda scene: scene.file is not None
)
ROOM = Guard(
    f"A case holds at most {MOST_FILES} files", lambda scene: len(scene.case.files) < MOST_FILES
)
REVEALING = Guard(
    "Who the rater is, is asked at …/reveal of the case", lambda scene: scene.revealing
)
IDENTIFIED = Guard(
    "The rater left neither a name nor a way to be reached",
    lambda scene: bool(scene.case.rater_key) and (scene.case.named or scene.case.contactable),
)
NOT_ERASED = Guard(
    "What was personal about the rater has been erased",
    lambda scene: scene.case.erased_at is None,
)
MISPLACED = Guard("It is where it belongs", is_misplaced)
UNINFORMED = Guard("The rater was told already", lambda scene: scene.case.informed_at is None)
FIRST_OBJECTION = Guard("There was an objection already", lambda scene: not scene.case.objected)
CAN_BE_JUDGED = Guard(
    "Nobody outside the unit who could decide on an objection is registered", _has_judge
)
OBJECTION = Guard("No objection waits for a decision", lambda scene: scene.case.objecting)
NO_OBJECTION = opposite(OBJECTION, "This is the rater's objection: sustain or dismiss it")
OUTSIDE_THE_UNIT = Guard(
    "An objection is decided by somebody outside the unit and all below it",
    _is_outside_the_unit,
    NotAllowed,
)
NOT_DECIDER = Guard(
    "Whoever found the rating invalid may not decide on the objection",
    lambda scene: scene.actor.id != scene.case.decider,
    NotAllowed,
)
PAUSE_LEFT = Guard("All days of pause are used up", _has_pause_left)
