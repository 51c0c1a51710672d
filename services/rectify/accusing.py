"""“I was asked to give a good rating”: said with a receipt, it opens a case above the unit."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from werkzeug.wrappers import Request

from services.adapters.http import Throttle, Windows, api
from services.adapters.mongo import Document
from services.adapters.openapi import Problem
from services.adapters.receipts import Receipts
from services.contracts.actor import Actor
from services.contracts.rectification import receipt_reference
from services.contracts.vocabulary import CaseSource
from services.errors import Conflict
from services.rectify.decision import Office
from services.rectify.facts import Case
from services.rectify.opening import Report, for_report, opened
from services.rectify.raters import Rated
from services.rectify.wiring import Wired

ACCEPTED = 202
NOT_YET = "您的评价正在入库，请稍后再试。Your rating is on its way; please try again in a minute"


class Accused(BaseModel):
    """It was taken down; said again, it is the same."""

    reported: Literal[True] = True


class Accusing(Wired):
    """The counter for whoever was pressed for a good rating; the code is the proof."""

    windows: Windows = Throttle()

    @api(
        "POST",
        "/v1/receipts/<token:code>/forced-review",
        None,
        answers={ACCEPTED: Accused, 409: Problem},
    )
    def accuse(self, request: Request, actor: Actor, code: str) -> tuple[int, Accused]:
        """Somebody asked for a good rating: one case about it, handled above the unit."""
        receipts = Receipts(self.key, self.windows.pass_or_refuse, request.remote_addr or "")
        rating, office = Rated(self.db).first(receipts.rating_id(code)), self._office()
        if rating is None or rating["unit"] not in office.directory.unit:
            raise Conflict(NOT_YET)
        self._cases().open(opened(accused(rating, office), office))
        self.outbox.wake()
        return ACCEPTED, Accused()


def accused(rating: Document, office: Office) -> Case:
    """The case about the service that was rated; the words of its rater are asked at the call-back,
    for which the case knows with which rating they are kept.
    """
    pressed_at: datetime = rating["pressed_at"]
    report = Report(
        source=CaseSource.FORCED_REVIEW,
        reference=receipt_reference(rating["rating_id"]),
        unit=rating["unit"],
        item=rating.get("item"),
        window=rating.get("window"),
        staff=rating.get("staff"),
        level=rating["level"],
        named=bool(rating.get("named")),
        contactable=bool(rating.get("contactable")),
        occurred_at=pressed_at,
    )
    return for_report(report, office, told_by=rating["_id"])
