"""How a case opens: for a bad rating, when the rules say so, or for another source. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from services.contracts.events import BadRatingStored
from services.contracts.rectification import case_id
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseSource, Level
from services.rectify import parties
from services.rectify.case import move
from services.rectify.decision import Act, Office, Step
from services.rectify.facts import Case, Command, Move, Name
from services.rectify.history import begin


class Unopened(StrEnum):
    """Why a bad rating has no case; each is counted."""

    NOT_BAD = "not_bad"
    CHANNEL = "channel"
    NOT_LINKED = "not_linked"
    NO_TEXT = "no_text"
    APPEND = "append"


def _is_no_rating(source: CaseSource) -> CaseSource:
    if source is CaseSource.RATING:
        raise ValueError("a case for a rating opens by itself when the rating is stored")
    return source


class Report(BaseModel):
    """A case that somebody opens by hand: 办不成事 report, hotline ticket, letter, forced review.

    `reference` is its number where it came in; the same one opens only one case. What the citizen
    wrote stays there: a case holds no personal data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: Annotated[CaseSource, AfterValidator(_is_no_rating)]
    reference: Name
    unit: Name
    item: Name | None = None
    window: Name | None = None
    staff: Name | None = None
    level: Level | None = None
    named: bool = False
    contactable: bool = False
    occurred_at: AwareDatetime | None = None


def why_unopened(rating: BadRatingStored, rules: Rules) -> Unopened | None:
    """Why the rules open no case for this rating; None when they do."""
    if not rules.is_bad(rating.level):
        return Unopened.NOT_BAD
    channel = rules.channels.by_code.get(rating.channel)
    if channel and not channel.opens_cases:
        return Unopened.CHANNEL
    if rules.cases.opens_when == "linked" and not rating.linked:
        return Unopened.NOT_LINKED
    if rules.cases.opens_when == "has_text" and not rating.has_text:
        return Unopened.NO_TEXT
    return None


def for_rating(rating: BadRatingStored, id: str, office: Office) -> Case:
    """The case of a bad rating."""
    return Case(
        id=id,
        source=rating.source,
        rating_key=rating.rating_key,
        unit=rating.unit,
        home=rating.unit,
        level=rating.level,
        channel=rating.channel,
        item=rating.item,
        window=rating.window,
        staff=rating.staff,
        tags=rating.tags,
        named=rating.named,
        contactable=rating.contactable,
        rating_day=office.calendar.local(rating.pressed_at).isoformat(),
        opened_at=office.now,
    )


def for_report(report: Report, office: Office, told_by: str | None = None) -> Case:
    """The case of another source; one about a forced review opens above the unit it accuses.

    `told_by`: the key of the rating whose receipt was shown, which nobody can claim in a report.
    """
    parent = office.directory.unit[report.unit].parent
    forced = report.source is CaseSource.FORCED_REVIEW
    known = report.model_dump(exclude={"occurred_at"})
    return Case(
        id=case_id(f"{report.source}:{report.reference}"),
        home=(parent or report.unit) if forced else report.unit,
        rating_day=office.calendar.local(report.occurred_at or office.now).isoformat(),
        opened_at=office.now,
        told_by=told_by,
        **known,
    )


def opened(case: Case, office: Office, by: str = parties.SYSTEM.id) -> Step:
    """The first step of a case: open, and dispatched at once if some unit can handle it."""
    first = begin(case, by)
    if parties.handler_for(case, office) is None:
        return first
    command = Command(command_id=f"{case.id}:open", move=Move.DISPATCH, expected_version=1)
    then = move(Act(case, parties.SYSTEM, office, command))
    return Step(then.case, first.entries + then.entries, first.messages + then.messages)
