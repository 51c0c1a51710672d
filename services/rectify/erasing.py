"""Retention and erasure: what is personal goes, by policy or on request; the press stays.

`erasures`, one document each: who had what erased, when and why, with the command to the store.
It is kept before anything goes, so that whatever is interrupted is taken up again: a case stays
due until its history has the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from werkzeug.wrappers import Request

from services.adapters.http import Throttle, Windows, api, read_json
from services.adapters.outbox import Outbox
from services.adapters.privacy import PrivacyPolicy
from services.adapters.receipts import Receipts
from services.adapters.timer import every
from services.contracts.actor import Action, Actor, Role
from services.contracts.commands import EraseRater
from services.contracts.privacy import Privacy
from services.contracts.rectification import case_id, told_with
from services.contracts.vocabulary import CaseState
from services.errors import Conflict, NotFound
from services.rectify.decision import Office
from services.rectify.document import Kept
from services.rectify.facts import Name
from services.rectify.history import ERASURE, erased
from services.rectify.parties import SYSTEM, sees
from services.rectify.raters import ERASURES, Erasures, Objections, Rated
from services.rectify.repository import Cases
from services.rectify.wiring import Wired

SWEEP_EVERY_S, AT_ONCE = 30.0, 200
HELD = "The case is open: whoever gave the rating has to be reached until it is closed"
Why = Literal["retention", "request"]


class EraseForm(BaseModel):
    """Whose data are to go: of a case, or of whoever shows this receipt; and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    case: Name | None = None
    receipt: Name | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]

    @model_validator(mode="after")
    def names_one(self) -> Self:
        """A case or a receipt, not both."""
        if (self.case is None) == (self.receipt is None):
            raise ValueError("name either a case or a receipt")
        return self


class Erased(BaseModel):
    """The erasure is kept and under way; `case` has it in its history."""

    status: Literal["erased"] = "erased"
    case: str | None


class Erasing(Wired):
    """Carries the policy out, and what people ask for."""

    privacy: Privacy = PrivacyPolicy()
    windows: Windows = Throttle()
    erasing: Outbox = Outbox(ERASURES)

    @every(SWEEP_EVERY_S)
    def sweep_personal(self) -> None:
        """Erase what nobody needs any more about cases that were closed long ago."""
        if erase_due(self._eraser(), self.privacy):
            self._wake()

    @api("POST", "/v1/raters:erase", Action.ERASE_RATER, takes=EraseForm, answers=Erased)
    def post_erase(self, request: Request, actor: Actor) -> Erased:
        """Erase what is personal about a rater who asks for it; refused while a case is open."""
        form = read_json(request, EraseForm)
        receipts = Receipts(self.key, self.windows.pass_or_refuse, request.remote_addr or "")
        done = self._eraser().erase_for(actor, form, receipts)
        about = done.case or self.audit.hidden(form.receipt or "")
        self.audit.about("rater", about, actor.unit).changed({}, {"erased": "request"})
        self._wake()
        return done

    def _eraser(self) -> Eraser:
        cases, objections = self._cases(), Objections(self.db)
        return Eraser(cases, Rated(self.db), objections, Erasures(self.db), self._office())

    def _wake(self) -> None:
        self.erasing.wake()
        self.outbox.wake()


@dataclass(frozen=True)
class Eraser:
    """What is needed to erase."""

    cases: Cases
    rated: Rated
    objections: Objections
    erasures: Erasures
    office: Office

    def erase_for(self, actor: Actor, form: EraseForm, receipts: Receipts) -> Erased:
        """Erase for somebody who asked. Raises NotFound, or Conflict while a case is open."""
        by = f"{actor.id}/{form.command_id}"
        if form.case is not None:
            kept = self._seen(actor, form.case)
            self.erase_case(kept, actor.id, "request", form.reason, by)
            return Erased(case=kept.case.id)
        rating_id = receipts.rating_id(form.receipt or "")
        rating = self.rated.first(rating_id)
        about = self.cases.find(self.cases.id_about(rating["_id"])) if rating else None
        if about is None:
            self._demand_closed(rating)
            said = {"by": actor.id, "why": "request", "reason": form.reason}
            self._order(rating, rating_id, by, said)
            return Erased(case=None)
        self.erase_case(self._seen(actor, about.case.id), actor.id, "request", form.reason, by)
        return Erased(case=about.case.id)

    def erase_case(self, kept: Kept, by: str, why: Why, reason: str, command_id: str) -> None:
        """Order the erasure, then say so in the case's history; done again it changes nothing."""
        rating = self.rated.of_key(kept.case.rater_key)
        self._demand_closed(rating)
        while kept.case.erasable_from:
            said = {"by": by, "why": why, "reason": reason, "case": kept.case.id}
            self._order(rating, str(kept.case.rater_key), command_id, said)
            self.objections.erase(kept.case.id)
            step = erased(kept.case, by, why, reason, self.office)
            self.cases.note(kept, step, f"{ERASURE}:{command_id}")
            kept = self.cases.find(kept.case.id) or kept
        if kept.case.state is not CaseState.CLOSED:
            raise Conflict(HELD)

    def _demand_closed(self, rating: Mapping[str, Any] | None) -> None:
        """Raise Conflict while a case about the rating, or told with its receipt, is open."""
        if rating is None:
            return
        ids = (self.cases.id_about(rating["_id"]), case_id(told_with(rating["rating_id"])))
        found = (self.cases.find(id) for id in ids)
        if any(kept and kept.case.state is not CaseState.CLOSED for kept in found):
            raise Conflict(HELD)

    def _order(
        self, rating: Mapping[str, Any] | None, id: str, command_id: str, said: Mapping[str, str]
    ) -> None:
        command = EraseRater(
            command_id=command_id,
            rating_id=rating["rating_id"] if rating else id,
            rating_key=rating["_id"] if rating else None,
            why=said["why"],
        )
        self.erasures.keep(command, said, self.office.now)

    def _seen(self, actor: Actor, id: str) -> Kept:
        """The case, for whoever sees it; an administrator keeps the data of all units."""
        kept = self.cases.find(id)
        if kept is None or not (sees(actor, kept.case) or Role.ADMINISTRATOR in actor.roles):
            raise NotFound
        return kept


def erase_due(eraser: Eraser, privacy: Privacy) -> int:
    """Erase what is personal about cases whose time is over; how many. Any replica may do it."""
    days, done = privacy.keep_days.case, 0
    reason = f"{days} days after it was closed ({privacy.label})"
    for kept in eraser.cases.erasable(eraser.office.now - timedelta(days=days), AT_ONCE):
        with suppress(Conflict):
            command_id = f"{kept.case.id}@{kept.case.version}"
            eraser.erase_case(kept, SYSTEM.id, "retention", reason, command_id)
            done += 1
    return done
