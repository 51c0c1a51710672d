"""Who may have to do with a case: the rules about people that hold whatever the state. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, Principal
from services.rectify.decision import Office
from services.rectify.facts import Case

JUDGES = frozenset({Role.AUDITOR, Role.SUPERVISOR})
SYSTEM = Actor("rectify", frozenset({Role.SYSTEM}))


def sees(actor: Actor, case: Case) -> bool:
    """Whether the case lies within what the actor is responsible for."""
    return Role.SYSTEM in actor.roles or any(actor.sees(unit) for unit in case.seen_from)


def is_rated(person: Principal, case: Case) -> bool:
    """Whether the rating was about this person or the window where they work."""
    at_window = case.window is not None and person.window == case.window
    return at_window or (case.staff is not None and person.id == case.staff)


def is_free(actor: Actor, case: Case, directory: Directory) -> bool:
    """Whether the actor is registered, and the rating was about neither them nor their window."""
    person = principal(directory, actor.id)
    return person is not None and not is_rated(person, case)


def principal(directory: Directory, id: str) -> Principal | None:
    """The registered person with this id."""
    return next((each for each in directory.principals if each.id == id), None)


def may_be_given(case: Case, person: Principal, unit: str, office: Office) -> bool:
    """Whether `person` is an active officer for `unit` whom the rating was not about."""
    return (
        Role.OFFICER in person.roles
        and person.active(office.now)
        and not is_rated(person, case)
        and person.unit is not None
        and unit in office.directory.subtree(person.unit)
    )


def can_handle(case: Case, unit: str, office: Office) -> bool:
    """Whether `unit` exists, may handle the case, and has an officer of its own to do so."""
    officers = office.directory.people(Role.OFFICER, unit)
    return any(_handles_at(case, each, unit, office) for each in officers)


def is_handleable(case: Case, office: Office) -> bool:
    """Whether any unit at all can handle the case."""
    return any(
        person.unit is not None and _handles_at(case, person, person.unit, office)
        for person in office.directory.principals
    )


def _handles_at(case: Case, person: Principal, unit: str, office: Office) -> bool:
    entry = office.directory.unit.get(unit)
    if entry is None or not entry.active(office.now) or _is_below_forced(case, unit, office):
        return False
    return may_be_given(case, person, unit, office)


def _is_below_forced(case: Case, unit: str, office: Office) -> bool:
    """A report of a forced review (被要求给好评) is handled above the unit it accuses."""
    return case.home != case.unit and unit in office.directory.subtree(case.unit)


def upwards(directory: Directory, unit: str) -> Iterator[str]:
    """The unit, its parent, and so on to the root."""
    at: str | None = unit
    seen: set[str] = set()
    while at in directory.unit and at not in seen:
        seen.add(at)
        yield at
        at = directory.unit[at].parent


def handler_for(case: Case, office: Office) -> str | None:
    """The lowest unit, from the case's home upwards, that can handle the case; None if none can."""
    chain = upwards(office.directory, case.home)
    return next((unit for unit in chain if can_handle(case, unit, office)), None)


def is_outside(directory: Directory, reviewer_unit: str | None, filer_unit: str) -> bool:
    """Whether a reviewer belongs to a unit that is not in the filer's subtree."""
    return reviewer_unit is not None and reviewer_unit not in directory.subtree(filer_unit)


def has_reviewer(case: Case, filer_unit: str, office: Office) -> bool:
    """Whether anybody could review an appeal filed by this unit."""
    return any(
        Role.AUDITOR in each.roles and _may_decide(each, case, filer_unit, office)
        for each in office.directory.principals
    )


def has_judge(case: Case, office: Office) -> bool:
    """Whether anybody could decide on an objection, other than whoever found it so."""
    unit = case.filer_unit or case.unit
    return any(
        each.roles & JUDGES and each.id != case.decider and _may_decide(each, case, unit, office)
        for each in office.directory.principals
    )


def _may_decide(person: Principal, case: Case, unit: str, office: Office) -> bool:
    """What deciding asks of a person: to be active, not rated, outside `unit`, and to see it."""
    return (
        person.active(office.now)
        and not is_rated(person, case)
        and is_outside(office.directory, person.unit, unit)
        and not office.directory.subtree(person.unit or "").isdisjoint(case.seen_from)
    )
