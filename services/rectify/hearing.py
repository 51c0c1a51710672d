"""What rectify does with what it hears of the store and the registry: read, decide, keep.

Every write is guarded by the version that was read; whoever was slower decides anew.
"""

from __future__ import annotations

from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts.events import (
    AppendStored,
    BadRatingStored,
    RatingInvalidated,
    RatingLinked,
)
from services.contracts.message import Message
from services.contracts.vocabulary import CaseState, Invalidity, Level, Turn
from services.rectify.case import move
from services.rectify.decision import Act, Office, Scene
from services.rectify.document import Document
from services.rectify.facts import Command, Move
from services.rectify.guards import MISPLACED
from services.rectify.opening import Unopened, for_rating, opened, why_unopened
from services.rectify.parties import SYSTEM, handler_for
from services.rectify.repository import Cases


def hear(cases: Cases, office: Office, message: Message) -> Outcome:
    """React to an event of the store; hearing it again changes nothing."""
    match message:
        case BadRatingStored():
            return open_for_rating(cases, office, message)
        case AppendStored():
            return note_append(cases, office, message)
        case RatingInvalidated():
            return note_invalidation(cases, office, message)
        case RatingLinked():
            return note_link(cases, office, message)
    return Never(f"rectify does not know {type(message).__name__}")


def open_for_rating(cases: Cases, office: Office, rating: BadRatingStored) -> Outcome:
    """Open the case of a bad rating, or keep the reason why the rules open none."""
    id, reason = cases.id_about(rating.rating_key), why_unopened(rating, office.rules)
    if reason is None:
        cases.open(opened(for_rating(rating, id, office), office))
        if cases.is_unopened(rating.rating_key):
            cases.opened_after_all(rating.rating_key, id)
        return Done()
    if cases.find(id):
        return Done()
    day = office.calendar.local(rating.pressed_at).isoformat()
    why = {"reason": reason.value, "unit": rating.unit, "level": int(rating.level)}
    known = {"channel": rating.channel.value, "rating_day": day, "at": office.now}
    cases.keep_unopened(rating.rating_key, {**why, **known})
    return Done()


def note_append(cases: Cases, office: Office, append: AppendStored) -> Outcome:
    """Note an append; a bad one reopens a closed case, once."""
    id = cases.id_about(append.first_key)
    command_id = f"append:{append.rating_key}"
    if system_move(cases, office, id, Move.APPEND, command_id, append=append.level):
        return Done()
    if cases.is_unopened(append.first_key):
        return Done()
    first = cases.rating(append.first_key)
    if first is None or office.rules.is_bad(Level(first["level"])):
        return Later("the case of the first rating is not open yet")
    _count_append(cases, office, append, first)
    return Done()


def _count_append(cases: Cases, office: Office, append: AppendStored, first: Document) -> None:
    """A bad append to a good rating opens no case: it is counted, with that reason."""
    if office.rules.is_bad(append.level):
        day = office.calendar.local(append.pressed_at).isoformat()
        why = {"reason": Unopened.APPEND.value, "unit": first["unit"], "level": int(append.level)}
        known = {"channel": first["channel"], "rating_day": day, "at": office.now}
        cases.keep_unopened(append.rating_key, {**why, **known})


def note_invalidation(cases: Cases, office: Office, event: RatingInvalidated) -> Outcome:
    """The store has marked the rating: the mark is no longer pending, an open case closes."""
    command_id = f"invalidated:{event.command_id}"
    id = cases.id_about(event.rating_key)
    system_move(cases, office, id, Move.INVALIDATE, command_id, invalidity=event.reason)
    return Done()


def note_link(cases: Cases, office: Office, event: RatingLinked) -> Outcome:
    """A rating was joined to its errand late, and its unit is another: so is that of its case.

    While no officer has taken the case it goes to the unit to which it belongs by itself; after
    that a dispatcher may move it. The numbers of the case are the new unit's in any event.
    """
    id = cases.id_about(event.rating_key)
    if (kept := cases.find(id)) is None:
        return Done() if cases.is_unopened(event.rating_key) else _awaited(cases, event)
    if kept.case.unit != event.unit:
        command_id = f"linked:{event.rating_key}:{event.at.isoformat()}"
        system_move(cases, office, id, Move.LINK, command_id, unit=event.unit)
    redispatch(cases, office, id)
    return Done()


def _awaited(cases: Cases, event: RatingLinked) -> Outcome:
    """A case that does not exist yet will be opened for the unit that its rating names then."""
    known = cases.rating(event.rating_key)
    if known is not None and known["turn"] != Turn.FIRST:
        return Done()
    return Later("the case of the rating is not open yet")


def redispatch(cases: Cases, office: Office, id: str) -> None:
    """Dispatch a case that no officer has taken to where it belongs, if it is elsewhere."""
    kept = cases.find(id)
    if kept is None or kept.case.state is not CaseState.OPENED:
        return
    scene = Scene(kept.case, SYSTEM, office)
    if MISPLACED.holds(scene) and handler_for(kept.case, office):
        command_id = f"redispatch:{kept.case.version}"
        system_move(cases, office, id, Move.DISPATCH, command_id)


def dispatch_waiting(cases: Cases, office: Office) -> int:
    """Dispatch the cases that no unit could handle when they came, where one now can; how many."""
    able = [each for each in cases.waiting() if handler_for(each.case, office)]
    for each in able:
        command_id = f"dispatch:{each.case.version}"
        system_move(cases, office, each.case.id, Move.DISPATCH, command_id)
    return len(able)


def system_move(
    cases: Cases,
    office: Office,
    id: str,
    kind: Move,
    command_id: str,
    text: str | None = None,
    **heard: Level | Invalidity | str,
) -> bool:
    """Move a case because of what was heard, once; False when there is no such case."""
    while before := cases.find(id):
        version = before.case.version
        command = Command(command_id=command_id, move=kind, expected_version=version, text=text)
        if before.has_made(command):
            return True
        act = Act(before.case, SYSTEM, office, command, **heard)  # type: ignore[arg-type]
        if cases.save(before, move(act), command):
            return True
    return False
