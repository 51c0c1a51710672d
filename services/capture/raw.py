"""Raw letters: what devices publish over MQTT and systems over AMQP, where nobody can be answered.

The routing key names the sender. A device proves it by its signature over what it sent; for a
system the broker vouches, which lets a user neither give another's name nor write to its topic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError
from pydantic_core import from_json

from services.adapters.bus import Letter, Outgoing, packed
from services.adapters.bus.settling import Settled, copies
from services.adapters.http import refusal
from services.adapters.outcome import Done, Never
from services.capture.edge import Edge
from services.capture.forms import Form, RatingForm
from services.capture.readiness import is_probe
from services.contracts import topology
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory
from services.contracts.events import RatingSubmitted
from services.contracts.message import Envelope
from services.contracts.signing import Signed
from services.errors import Invalid, Malformed, NotAllowed, NotAuthenticated, Refused

STALE = "stale_at_ingest"
KIND = RatingForm.__name__
Item = dict[str, Any]


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Authentic = Callable[[Signed, bytes, datetime], bool]


class SignedLetter(Form):
    """What a device publishes: a body (JSON, as text) and the signature over id.timestamp.body.

    `timestamp` is the second of signing since 1970, by the device's clock.
    """

    device: Name
    id: Name
    timestamp: Annotated[int, Field(ge=0, le=99_999_999_999)]
    signature: Annotated[str, StringConstraints(max_length=1024)]
    body: str

    def is_authentic(self, check: Authentic, wall: datetime) -> bool:
        """Whether one of the device's keys made a signature; several may stand side by side."""
        signed = Signed(self.device, self.id, self.timestamp, tuple(self.signature.split()))
        return check(signed, self.body.encode(), wall)


BODIES: dict[str, type[Form]] = {topology.MQTT: SignedLetter, topology.RAW: RatingForm}
"""What is put on each raw exchange; a system may send a list of forms as well."""


@dataclass(frozen=True)
class Opened:
    """A letter of a known sender: for each item in it an event, or why nobody can use it."""

    letter: Letter
    items: tuple[Item, ...]
    results: tuple[RatingSubmitted | Never, ...]

    @property
    def events(self) -> list[RatingSubmitted]:
        """What goes to the store."""
        return [result for result in self.results if isinstance(result, RatingSubmitted)]

    def refused(self, at: datetime) -> Settled:
        """What goes to the dead letters, one by one with its reason; the others are done."""
        outcomes = [each if isinstance(each, Never) else Done() for each in self.results]
        id = receipt_of(self.letter)
        envelope = Envelope(id=id, type=KIND, trace=id, sent_at=at, items=self.items)
        return Settled(self.letter, tuple(outcomes), envelope)


@dataclass(frozen=True)
class Desk:
    """Where letters are opened. `edge` has the business time, `wall` is the other one."""

    edge: Edge
    directory: Directory
    wall: datetime
    authentic: Authentic

    def open(self, letter: Letter) -> Opened | Never:
        """Whom a letter is from and what is in it; or the reason why nobody can use it."""
        if is_probe(letter):
            return Opened(letter, (), ())
        try:
            edge, body = (
                self._from_device(letter) if _by_mqtt(letter) else self._from_system(letter)
            )
            items = _items(body)
        except Refused as error:
            return Never(why(error))
        edge, receipt = replace(edge, queued=True), receipt_of(letter)
        results = (_result(item, edge, f"{receipt}/{i}") for i, item in enumerate(items))
        return Opened(letter, items, tuple(results))

    def _from_device(self, letter: Letter) -> tuple[Edge, bytes]:
        signed, device = _signed(letter.body), _sender(letter)
        known = self.directory.device.get(device)
        if signed.device != device:
            raise NotAllowed(f"device {device} sends as {signed.device}")
        if known is None or not known.active(self.edge.received_at):
            raise NotAuthenticated(f"device {device} is not in the registry, or no longer")
        if not signed.is_authentic(self.authentic, self.wall):
            raise NotAuthenticated(f"no key of device {device} made this signature")
        actor = Actor(device, frozenset({Role.DEVICE}))
        return replace(self.edge, actor=actor, marks=self._marks(signed)), signed.body.encode()

    def _from_system(self, letter: Letter) -> tuple[Edge, bytes]:
        system = _sender(letter)
        if letter.user != topology.system_user(system):
            raise NotAuthenticated(f"{letter.user or 'nobody'} sends as {system}")
        known = next((each for each in self.directory.principals if each.id == system), None)
        if known is None or not known.active(self.edge.received_at):
            raise NotAuthenticated(f"{system} is not in the registry, or no longer")
        if Role.SYSTEM not in known.roles:
            raise NotAllowed(f"{system} is not a system")
        return replace(self.edge, actor=Actor(system, known.roles)), letter.body

    def _marks(self, signed: SignedLetter) -> tuple[str, ...]:
        """Freshness is judged here and nowhere later; what is old is taken all the same."""
        age = self.wall - datetime.fromtimestamp(signed.timestamp, UTC)
        tolerance = timedelta(seconds=self.edge.rules.rating.clock_tolerance_s)
        return (STALE,) if abs(age) > tolerance else ()


def receipt_of(letter: Letter) -> str:
    """The same for each delivery of one letter, so that a redelivery is no resend."""
    parts = (letter.exchange, letter.routing_key, letter.id or "")
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + letter.body).hexdigest()[:32]


def why(error: Refused) -> str:
    """The reason of the quarantine: forged or malformed, and the first thing that is wrong."""
    kind = "forged" if isinstance(error, NotAuthenticated | NotAllowed) else "malformed"
    first = next(iter(error.extra.get("errors", ())), None)
    return f"{kind}: {first['pointer']} {first['detail']}" if first else f"{kind}: {error.message}"


def outgoing(opened: Sequence[Opened], at: datetime) -> Iterator[Outgoing]:
    """What must be on the bus before the letters are done; each keeps its own trace."""
    for each in opened:
        yield from packed(each.events, receipt_of(each.letter))
        if len(each.events) < len(each.results):
            yield from copies(topology.CAPTURE_RAW.name, each.refused(at))


def _by_mqtt(letter: Letter) -> bool:
    return letter.exchange == topology.MQTT


def _sender(letter: Letter) -> str:
    return letter.routing_key.removeprefix(topology.raw_key(""))


def _signed(body: bytes) -> SignedLetter:
    try:
        return SignedLetter.model_validate_json(body)
    except ValidationError as error:
        raise refusal(error) from None


def _items(body: bytes) -> tuple[Item, ...]:
    """The forms in a body: one, or a list of at most `BULK_ITEMS`. Raises Malformed or Invalid."""
    if len(body) > topology.BULK_BYTES:
        raise Malformed(f"more than {topology.BULK_BYTES} bytes")
    try:
        content = from_json(body)
    except ValueError as error:
        raise Malformed(str(error)) from None
    items = content if isinstance(content, list) else [content]
    if not 1 <= len(items) <= topology.BULK_ITEMS:
        raise Malformed(f"{len(items)} presses; at most {topology.BULK_ITEMS} fit in a letter")
    if wrong := [str(i) for i, item in enumerate(items) if not isinstance(item, dict)]:
        raise Invalid(errors=[{"pointer": f"/{wrong[0]}", "detail": "is no JSON object"}])
    return tuple(items)


def _result(item: Item, edge: Edge, receipt: str) -> RatingSubmitted | Never:
    try:
        return edge.rating(RatingForm.model_validate(item), receipt)
    except ValidationError as error:
        return Never(why(refusal(error)))
    except Refused as error:
        return Never(why(error))
