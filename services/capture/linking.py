"""What becomes of links: issued, shown, rated through once, and kindly refused afterwards."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno

from services.capture.answers import LinkIssued, LinkShown, RatingTaken
from services.capture.devices import config
from services.capture.edge import Edge
from services.capture.links import (
    LinkForm,
    PlateForm,
    Said,
    Subject,
    key_of,
    rating_form,
    subject_of,
)
from services.capture.once import Publish, publish_once
from services.capture.repository import LinkUses
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, Entry
from services.contracts.events import RatingSubmitted
from services.contracts.receipts import receipt_of
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel
from services.errors import Gone, Invalid

USED = "This link has been used: your rating has arrived, thank you"
EXPIRED = "The time for rating through this link is over; you can still rate at the hall"
OPEN = "Please rate the service that you received"


@dataclass(frozen=True)
class Links:
    """The links of an installation, as they are just now."""

    secret: bytes
    rules: Rules
    directory: Directory
    uses: LinkUses
    now: datetime
    public_url: str
    pass_or_refuse: Callable[[str, str], None]

    def issue(self, form: LinkForm, actor: Actor) -> LinkIssued:
        """A single-use link about an errand.

        Raises Invalid when it would be over already, and for a unit or a window that nobody knows:
        what a citizen says through it could be counted nowhere.
        """
        self._demand_known(unit=form.unit, window=form.window)
        subject = Subject(**form.model_dump(), issued_by=actor.id)
        if subject.over(self.now):
            raise _wrong("expires", f"has passed already; here it is {self.now.isoformat()}")
        return self._issued(subject)

    def issue_plate(self, form: PlateForm, actor: Actor) -> LinkIssued:
        """The permanent link of a window. Raises Invalid when there is no such window."""
        self._demand_known(window=form.window)
        plate = Subject(
            channel=Channel.QR, window=form.window, issued_by=actor.id, probe=form.probe
        )
        return self._issued(plate)

    def show(self, token: str) -> LinkShown:
        """What a link is about, and whether it can still be used."""
        subject = self._opened(token)
        state, words = self._state(subject)
        shown = config("", self.rules, self.now, self.now)
        return LinkShown(
            state=state,
            detail=words,
            stage=subject.stage,
            item=_name(self.directory.item, subject.item),
            unit=_name(self.directory.unit, subject.unit),
            window=_name(self.directory.window, subject.window),
            levels=shown.levels,
            tags=shown.tags,
        )

    def picture(self, token: str) -> bytes:
        """The QR code (SVG) that leads to the page of a link."""
        subject = self._opened(token)
        drawn = io.BytesIO()
        segno.make(self._page(subject, token), micro=False).save(drawn, kind="svg", scale=4)
        return drawn.getvalue()

    def rate(
        self,
        token: str,
        said: Said,
        edge: Callable[[Actor], Edge],
        publish: Publish,
    ) -> RatingTaken:
        """Take the rating. The same again is absorbed; another after it is refused as used."""
        subject, trace = self._opened(token), str(uuid.uuid4())
        if subject.permanent:
            self.pass_or_refuse("plate", _drawer(subject))
        if subject.over(self.now):
            raise Gone(EXPIRED)
        by = edge(Actor(subject.issued_by, frozenset({Role.SYSTEM})))

        def make(pressed_at: datetime) -> RatingSubmitted:
            return by.rating(rating_form(subject, said, pressed_at), trace)

        if subject.permanent:
            event = make(self.now)
            publish(event)
            id = event.rating_id
        else:
            id = publish_once(self.uses, self.now, make, publish, USED)
        receipt = receipt_of(self.secret, id, self.public_url)
        return RatingTaken(status="accepted", trace=trace, rating_id=id, receipt=receipt)

    def _demand_known(self, **named: str | None) -> None:
        for kind, id in named.items():
            if id and id not in getattr(self.directory, kind):
                raise _wrong(kind, f"{kind} {id} is not in the registry")

    def _state(self, subject: Subject) -> tuple[Any, str]:
        if not subject.permanent and self.uses.is_over(str(subject.rating_id)):
            return "used", USED
        return ("expired", EXPIRED) if subject.over(self.now) else ("open", OPEN)

    def _opened(self, token: str) -> Subject:
        subject = subject_of(token, key_of(self.secret))
        self.pass_or_refuse("link", str(subject.rating_id))
        return subject

    def _issued(self, subject: Subject) -> LinkIssued:
        token = subject.token(key_of(self.secret))
        return LinkIssued(token=token, url=self._page(subject, token), expires=subject.expires)

    def _page(self, subject: Subject, token: str) -> str:
        return f"{self.public_url}/{'p' if subject.permanent else 'r'}/{token}"


def _drawer(plate: Subject) -> str:
    """Whose presses are counted together; probes never cost a citizen their press."""
    return f"probe of {plate.window}" if plate.probe else str(plate.window)


def _name(known: Mapping[str, Entry], id: str | None) -> str | None:
    entry = known.get(id) if id else None
    return entry.name if entry else None


def _wrong(field: str, detail: str) -> Invalid:
    return Invalid(errors=[{"pointer": f"/{field}", "detail": detail}])
