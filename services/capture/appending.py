"""The one append (追评) that a receipt allows: it goes the way of every press."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.adapters.receipts import Receipts
from services.capture.answers import RatingTaken
from services.capture.edge import Edge
from services.capture.forms import RatingForm
from services.capture.linking import Links
from services.capture.links import Said
from services.capture.once import Publish, publish_once
from services.capture.repository import Rated
from services.contracts.actor import Actor, Role
from services.contracts.events import RatingSubmitted
from services.contracts.receipts import append_id, receipt_of
from services.contracts.vocabulary import Channel, Standing, Turn
from services.errors import Conflict, Gone

USED = "您已经追评过了，谢谢。You have appended already, thank you"
EXPIRED = "这个回执已经过期，请拨打12345。This receipt has expired; please call 12345"
INVALID = "这条评价已被认定无效，可在回执页提出异议。This rating was found invalid; you may object"
NOT_YET = "您的评价正在入库，请稍后再试。Your rating is on its way; please try again in a minute"
ERRAND = "source_system errand_number occurrence".split()
PLACE = "stage item unit window staff".split()


@dataclass(frozen=True)
class Appends:
    """The appends of an installation, as they are just now."""

    receipts: Receipts
    rated: Rated
    links: Links

    def take(
        self, code: str, said: Said, edge: Callable[[Actor], Edge], publish: Publish
    ) -> RatingTaken:
        """Take the append. The same again is absorbed; another after it is refused as used."""
        first_id = self.receipts.rating_id(code)
        first = self._open(first_id)
        by, trace = edge(Actor(first["submitted_by"], frozenset({Role.SYSTEM}))), str(uuid.uuid4())
        form = self._form(first, said)

        def make(pressed_at: datetime) -> RatingSubmitted:
            pressed = form.model_copy(update={"pressed_at": pressed_at})
            return by.rating(pressed, trace, appends=first_id if _alone(first) else None)

        id = publish_once(self.links.uses, self.links.now, make, publish, USED)
        receipt = receipt_of(self.receipts.secret, first_id, self.links.public_url)
        return RatingTaken(status="accepted", trace=trace, rating_id=id, receipt=receipt)

    def _open(self, rating_id: str) -> dict[str, Any]:
        """The first rating. Raises what says kindly why there can be no append."""
        first = self.rated.find(rating_id)
        if first is None:
            raise Conflict(NOT_YET)
        if first["turn"] != Turn.FIRST or not self.links.rules.rating.appends:
            raise Gone(USED)
        if first["standing"] != Standing.VALID:
            raise Gone(INVALID)
        lasts = timedelta(days=self.links.rules.rating.receipt_days)
        if self.links.now > first["pressed_at"] + lasts:
            raise Gone(EXPIRED)
        return first

    def _form(self, first: dict[str, Any], said: Said) -> RatingForm:
        """The press. A page on a phone gives it, unless the region counts no such channel."""
        mobile = Channel.MOBILE in self.links.rules.channels.by_code
        return RatingForm(
            **said.model_dump(exclude={"press"}),
            **{name: first.get(name) for name in (PLACE if _alone(first) else ERRAND + PLACE)},
            rating_id=append_id(first["rating_id"]),
            channel=Channel.MOBILE if mobile else first["channel"],
            turn=Turn.APPEND,
            pressed_at=self.links.now,
        )


def _alone(rating: dict[str, Any]) -> bool:
    """Whether it is kept under its own id, for it named no errand when it came."""
    return bool(rating["_id"] == rating["rating_id"])
