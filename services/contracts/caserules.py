"""What rules say about cases: which open, how long each clock runs, and who is told when."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator

from services.contracts.actor import Role
from services.contracts.terms import Block, Term
from services.contracts.value import Value


class Deadlines(Block):
    """The clocks of a case: contact and rectify by class; `rectify_from` is their start event.

    A call-back has as long as the contact unless `callback` says otherwise.
    """

    contact: Term
    rectify: dict[Literal["ordinary", "complex"], Term]
    rectify_from: Literal["dispatch", "verified"] = "dispatch"
    appeal_review: Term
    extension: Term
    callback: Term | None = None
    pause_cap_days: int
    callback_attempts: int


class CaseClock(StrEnum):
    """The clocks of a case."""

    CONTACT = "contact"
    RECTIFY = "rectify"
    REVIEW = "review"
    CALLBACK = "callback"


class Rung(Value):
    """A step of the escalation ladder: so many working days before (<0) or after the due day of a
    clock.
    """

    name: str
    working_days: int
    tells: Role
    clock: CaseClock = CaseClock.RECTIFY


def _named_apart(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    names = [rung.name for rung in rungs]
    if len({*names, *CaseClock} - {CaseClock.RECTIFY}) < len(names) + len(CaseClock) - 1:
        raise ValueError("rungs need names of their own, other than contact, review and callback")
    return rungs


class Ladder(Block):
    """Who is told, and when, as a case nears and passes its due times; in order of time."""

    rungs: Annotated[tuple[Rung, ...], AfterValidator(_named_apart)]


class Cases(Block):
    """Which bad ratings open a case."""

    opens_when: Literal["always", "linked", "has_text"]
