"""The thinking of the edge: a form from somebody, at a time, becomes an event or is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.capture.devices import check_sequence
from services.capture.forms import ErrandForm, RatingForm
from services.contracts.actor import Actor, Role
from services.contracts.events import ErrandReported, RatingSubmitted
from services.contracts.phones import phone_hash
from services.contracts.rules import Rules
from services.contracts.vocabulary import Mark, Turn
from services.errors import Invalid, NotAllowed

Seal = Callable[[Mapping[str, str]], bytes]
LONGEST_WAIT = timedelta(days=3)
LONGEST_OFFLINE = timedelta(days=366)
"""No device keeps presses for longer; one that says so had lost its clock when it was pressed."""


@dataclass(frozen=True)
class Edge:
    """What the edge knows when a request arrives.

    `queued` presses came through a queue, where they may have waited, and nobody can be told to
    mend them: a wrong tag does not cost the press. `marks` and the `traceparent` of the request go
    along with every press.
    """

    actor: Actor
    rules: Rules
    received_at: datetime
    seal: Seal
    fingerprint_key: bytes
    queued: bool = False
    marks: tuple[str, ...] = ()
    traceparent: str | None = None

    def sealed(self, form: RatingForm) -> bytes:
        """What is personal in a press as one ciphertext; empty where nothing is."""
        personal = form.personal
        return self.seal(personal) if personal else b""

    def sealed_in_one_run(self, items: Iterable[object]) -> list[bytes | None]:
        """The same for each form among the items; amid other work it takes half as long again.

        What is no form yet has none.
        """
        return [self.sealed(each) if isinstance(each, RatingForm) else None for each in items]

    def rating(
        self,
        form: RatingForm,
        receipt: str,
        sealed: bytes | None = None,
        appends: str | None = None,
    ) -> RatingSubmitted:
        """The event for a press; `sealed` is what `sealed` made of it, if that was done before.

        `appends` is the first rating of an append that names no errand. Raises Invalid with field
        errors, or NotAllowed.
        """
        if not self.queued:
            _check_tags(form, self.rules)
        _check_append(form, appends)
        check_sequence(form, self.actor)
        pressed_at, marks = self._moment(form)
        worked_out = {
            "rating_id": str(form.rating_id),
            "device": _device(form, self.actor),
            "pressed_at": pressed_at,
            "received_at": self.received_at,
            "sealed": (self.sealed(form) if sealed is None else sealed) or None,
            "phone_hash": phone_hash(self.fingerprint_key, form.phone) if form.phone else None,
            "named": bool(form.name),
            "contactable": bool(form.phone),
            "has_text": bool(form.comment),
            "submitted_by": self.actor.id,
            "receipt": receipt,
            "fingerprint": fingerprint(form, self.fingerprint_key),
            "marks": marks,
            "traceparent": self.traceparent,
            "appends": appends,
        }
        try:
            press: RatingSubmitted = _EVENT.validate_python(_as_sent(form) | worked_out)
        except ValidationError as error:
            raise Invalid(errors=[{"pointer": "", "detail": error.errors()[0]["msg"]}]) from None
        return press

    def _moment(self, form: RatingForm) -> tuple[datetime, tuple[str, ...]]:
        """When it was pressed, and the marks that go along.

        A tablet without a battery begins in 1970: its press would count in a month that nobody
        closes. It counts as pressed when it came. Systems may send what is years old.
        """
        pressed_at = corrected(form, self.received_at, self.rules, self.queued)
        if Role.DEVICE in self.actor.roles and self.received_at - pressed_at > LONGEST_OFFLINE:
            return self.received_at, (*self.marks, Mark.NO_CLOCK)
        return pressed_at, self.marks

    def errand(self, form: ErrandForm) -> ErrandReported:
        """The event for an errand that reached a stage. Raises Invalid for one that still will."""
        _check_reached(form, self.received_at, self.rules)
        return ErrandReported(
            **form.model_dump(),
            received_at=self.received_at,
            submitted_by=self.actor.id,
            traceparent=self.traceparent,
        )


_SHARED = set(RatingForm.model_fields) & set(RatingSubmitted.model_fields)
_TRANSPORT = {"sent_at"}
_DIGEST_BYTES = 32
_FORM, _EVENT = TypeAdapter(RatingForm).serializer, TypeAdapter(RatingSubmitted).validator


def _as_sent(form: RatingForm) -> dict[str, Any]:
    """What the sender said and the event says too; nothing personal is among it."""
    said = vars(form)
    return {name: said[name] for name in form.model_fields_set & _SHARED}


def fingerprint(form: RatingForm, key: bytes) -> str:
    """What the press says, as a keyed hash: the same for every resend, whenever it was sent.

    Defaults are left out, so that a field which a later version adds changes no fingerprint.
    """
    of_transport = _TRANSPORT if form.sent_at else None  # to look for it takes a sixth
    content = _FORM.to_json(form, exclude=of_transport, exclude_defaults=True)
    return hashlib.blake2b(content, key=key, digest_size=_DIGEST_BYTES).hexdigest()


def corrected(
    form: RatingForm, received_at: datetime, rules: Rules, queued: bool = False
) -> datetime:
    """When the press happened by our clock.

    Within one boot the device's clock is as wrong at sending as it was at the press, so the offset
    received − sent mends both. An offset within the tolerance is the network's, not the clock's,
    and one of up to `LONGEST_WAIT` may be the time that a queued press waited for us.
    Raises Invalid for a press in the future that no `sent_at` explains.
    """
    tolerance = rules.rating.clock_tolerance
    offset = received_at - form.sent_at if form.sent_at else timedelta(0)
    no_fault = -tolerance <= offset <= (LONGEST_WAIT if queued else tolerance)
    try:
        pressed_at = form.pressed_at if no_fault else form.pressed_at.astimezone(UTC) + offset
    except OverflowError:
        wrong = [{"pointer": "/sent_at", "detail": "lies too far off; check the clock"}]
        raise Invalid(errors=wrong) from None
    if pressed_at > received_at + tolerance:
        detail = f"lies in the future; here it is {received_at.isoformat()}. Check the clock"
        raise Invalid(errors=[{"pointer": "/pressed_at", "detail": detail}])
    return pressed_at


def _check_reached(form: ErrandForm, received_at: datetime, rules: Rules) -> None:
    """Errands count by the day; the first report of one stays, so a wrong day would for ever."""
    today = (received_at + rules.rating.clock_tolerance).astimezone(rules.region.zone).date()
    if form.reached_at.astimezone(rules.region.zone).date() > today:
        detail = f"is a day to come; here it is {received_at.isoformat()}. Check the clock"
        raise Invalid(errors=[{"pointer": "/reached_at", "detail": detail}])


def _device(form: RatingForm, actor: Actor) -> str | None:
    """A device speaks for itself only; a system may name the device it speaks for."""
    if Role.DEVICE not in actor.roles:
        return form.device
    if form.device not in (None, actor.id):
        raise NotAllowed(f"Device {actor.id} cannot send the presses of another device")
    return actor.id


def _check_append(form: RatingForm, appends: str | None) -> None:
    """An append follows a first rating, which its errand or its receipt leads to: without either
    it would wait for nobody.
    """
    if form.turn is Turn.APPEND and form.errand_number is None and appends is None:
        detail = "of an append is missing; to a rating without one append through its receipt"
        raise Invalid(errors=[{"pointer": "/errand_number", "detail": detail}])


def _check_tags(form: RatingForm, rules: Rules) -> None:
    """A tag belongs to one level (domain digest 1.13); a retired tag is still understood."""
    wrong = [
        {"pointer": f"/tags/{position}", "detail": detail}
        for position, code in enumerate(form.tags)
        if (detail := _what_is_wrong_with(code, form, rules))
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _what_is_wrong_with(code: str, form: RatingForm, rules: Rules) -> str | None:
    tag = rules.tags.get(code)
    if tag is None:
        return f"there is no tag {code}"
    if tag.level != form.level:
        return f"tag {code} belongs to level {tag.level}, not {form.level}"
    return None
