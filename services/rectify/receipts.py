"""What a receipt shows to the rater: where it stands, the reply, and what they may still do. Pure.

Nothing in it is about anybody else: no officer, no other rating, and of the rating itself only
what its rater has said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseState, Channel, Level, Standing, Turn
from services.errors import Gone
from services.rectify.deadlines import BEFORE_SUBMITTED
from services.rectify.decision import Office, Scene
from services.rectify.facts import Case
from services.rectify.guards import CAN_BE_JUDGED
from services.rectify.parties import SYSTEM
from services.rectify.phrases import EXPIRED, STAGES, WHY, Language

Document = Mapping[str, Any]
Objection = Literal["none", "open", "waiting", "dismissed", "sustained"]


class ReceiptShown(BaseModel):
    """What became of a rating, for its rater."""

    model_config = ConfigDict(frozen=True)
    stage: str
    says: str
    rated_on: str | None = None
    level: Level | None = None
    unit: str | None = None
    item: str | None = None
    due_on: str | None = None
    reply: str | None = None
    replied_at: datetime | None = None
    invalid_because: str | None = None
    decided: str | None = None
    append: Literal["open", "given", "closed"] = "closed"
    append_level: Level | None = None
    objection: Objection = "none"
    expires_on: str | None = None


@dataclass(frozen=True)
class Known:
    """What is known of a rating: it itself, its append, and its case with the due time."""

    rating: Document | None
    append: Document | None
    case: Case | None
    history: Sequence[Document]
    due_at: datetime | None


def receipt(known: Known, office: Office, language: Language) -> ReceiptShown:
    """The receipt as it reads now. Raises Gone when its time is over."""
    rating, case = known.rating, known.case
    if rating is None:
        return ReceiptShown(stage="received", says=STAGES["received"][language])
    expires = rating["pressed_at"] + timedelta(days=office.rules.rating.receipt_days)
    if office.now > expires:
        raise Gone(EXPIRED[language])
    stage, standing = stage_of(known, office.rules), rating["standing"]
    invalid = standing == Standing.INVALID
    calendar, directory = office.calendar, office.directory
    due = known.due_at if case and case.state in BEFORE_SUBMITTED else None
    unit, item = directory.unit.get(rating["unit"]), directory.item.get(rating.get("item") or "")
    return ReceiptShown(
        stage=stage,
        says=STAGES[stage][language],
        rated_on=rating["day"],
        level=rating["level"],
        unit=unit.name if unit else None,
        item=item.name if item else None,
        due_on=calendar.local(due).isoformat() if due else None,
        reply=_reply(known.history),
        replied_at=case.replied_at if case else None,
        invalid_because=WHY[_why(rating)][language] if invalid else None,
        decided=_decided(known.history),
        append=_append(known, office.rules),
        append_level=known.append["level"] if known.append else None,
        objection=_objection(case, office) if invalid or (case and case.objected) else "none",
        expires_on=calendar.local(expires).isoformat(),
    )


def stage_of(known: Known, rules: Rules) -> str:
    """Where the rating stands, as one of `STAGES`."""
    rating, case = known.rating, known.case
    if rating is None:
        return "received"
    if case is None:
        return "opening" if _awaits_case(rating, rules) else "no_case"
    if case.objecting:
        return "objection_review"
    if rating["standing"] == Standing.INVALID and case.state is CaseState.CLOSED:
        return "closed_invalidated"
    if case.closing is not None:
        return "deciding" if case.mark_pending else f"closed_{case.closing}"
    return str(case.state)


def _awaits_case(rating: Document, rules: Rules) -> bool:
    channel = rules.channels.by_code.get(Channel(rating["channel"]))
    opens = channel is None or channel.opens_cases
    return opens and rules.is_bad(Level(rating["level"])) and rules.cases.opens_when == "always"


def _reply(history: Sequence[Document]) -> str | None:
    """The newest reply that went out: an explanation does once the approver has confirmed it."""
    waiting = said = None
    for entry in history:
        text = entry["details"].get("text")
        if entry["move"] == "submit":
            said = text
        elif entry["move"] == "explain":
            waiting = text
        elif entry["move"] == "confirm":
            said = waiting
    return said


def _decided(history: Sequence[Document]) -> str | None:
    """What was decided last about whether the rating counts, in the words of who decided."""
    moves = {"uphold", "dismiss", "sustain", "overturn"}
    reasons = [entry["details"].get("reason") for entry in history if entry["move"] in moves]
    return reasons[-1] if reasons else None


def _why(rating: Document) -> str:
    decisions = [each for each in rating.get("decisions", ()) if "reason" in each]
    return str(decisions[-1]["reason"]) if decisions else "wrong"


def _append(known: Known, rules: Rules) -> Literal["open", "given", "closed"]:
    rating = known.rating or {}
    if known.append is not None or rating.get("turn") == Turn.APPEND:
        return "given"
    valid = rating.get("standing") == Standing.VALID
    return "open" if valid and rules.rating.appends else "closed"


def _objection(case: Case | None, office: Office) -> Objection:
    if case is None:
        return "none"
    if case.objected:
        if case.objecting:
            return "waiting"
        return "dismissed" if case.invalidated else "sustained"
    may = case.state is CaseState.CLOSED and case.invalidated and not case.mark_pending
    return "open" if may and CAN_BE_JUDGED.holds(Scene(case, SYSTEM, office)) else "none"
