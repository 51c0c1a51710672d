"""The rater at the counter: shows a receipt, or objects to the finding that it does not count."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.adapters.receipts import Receipts
from services.contracts.actor import Actor
from services.errors import Conflict, Gone, NotAllowed, NotFound
from services.rectify import desk, hearing, parties
from services.rectify.decision import Office
from services.rectify.facts import Move
from services.rectify.phrases import NOT_NOW, ONCE, Language
from services.rectify.raters import Objections, Rated
from services.rectify.receipts import Known, ReceiptShown, receipt
from services.rectify.repository import Cases

Seal = Callable[[Mapping[str, str]], bytes]


class Asked(BaseModel):
    """The query string of a receipt: `lang=en` for English."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    lang: Language = Language.ZH


class ObjectionForm(BaseModel):
    """Why the rater objects."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


@dataclass(frozen=True)
class Counter:
    """What is needed to answer somebody who shows a receipt."""

    receipts: Receipts
    cases: Cases
    rated: Rated
    objections: Objections
    office: Office

    def show(self, code: str, language: Language) -> ReceiptShown:
        """The receipt as it reads now. Raises NotFound or Gone, kindly."""
        known = self._known(self.receipts.rating_id(code))
        return receipt(known, self.office, language)

    def object(
        self, code: str, form: ObjectionForm, seal: Seal, language: Language
    ) -> ReceiptShown:
        """Object, once; the same words again change nothing. The words are kept sealed.

        Raises Conflict when there is nothing to object to, Gone for another objection.
        """
        known = self._known(self.receipts.rating_id(code))
        now = receipt(known, self.office, language)
        said = self._keyed(form.text)
        if known.case is None or (now.objection == "none"):
            raise Conflict(NOT_NOW[language])
        kept = self.objections.keep(known.case.id, said, seal({"text": form.text}), self.office.now)
        if kept != said:
            raise Gone(ONCE[language])
        hearing.system_move(self.cases, self.office, known.case.id, Move.OBJECT, "objection", said)
        return self.show(code, language)

    def _known(self, rating_id: str) -> Known:
        rating = self.rated.first(rating_id)
        if rating is None:
            return Known(None, None, None, (), None)
        append = self.rated.append_to(rating)
        id = self.cases.id_about(rating["_id"])
        if (kept := self.cases.find(id)) is None:
            return Known(rating, append, None, (), None)
        shown = self.cases.shown(id)
        return Known(rating, append, kept.case, shown["history"], shown["rectify_due_at"])

    def _keyed(self, text: str) -> str:
        digest = hmac.new(self.receipts.secret, b"objection\n" + text.encode(), hashlib.sha256)
        return f"hmac-sha256:{digest.hexdigest()}"


def read_objection(
    cases: Cases,
    objections: Objections,
    actor: Actor,
    id: str,
    office: Office,
    open: Callable[[bytes], dict[str, str]],
) -> dict[str, str]:
    """What the rater objected, for those who may decide on it; each look is recorded.

    Raises NotFound when there is none, NotAllowed for everybody else: the words may name the rater.
    """
    case = desk.visible(cases, actor, id).case
    outside = parties.is_outside(office.directory, actor.unit, case.filer_unit or case.unit)
    free = parties.is_free(actor, case, office.directory)
    if not (actor.roles & parties.JUDGES and outside and free):
        raise NotAllowed
    if actor.id in {case.assignee, case.filer}:
        raise NotAllowed
    sealed = objections.look(id, actor.id, office.now)
    if sealed is None:
        raise NotFound
    return open(sealed)
