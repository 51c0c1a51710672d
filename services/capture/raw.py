"""Raw letters: what devices publish over MQTT and systems over AMQP, where nobody can be answered.

The routing key names the sender. A device proves it by its signature over what it sent; for a
system the broker vouches, which lets a user neither give another's name nor write to its topic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from services.adapters.bus import Letter
from services.adapters.http import parsed, refusal
from services.adapters.outcome import Never
from services.capture.edge import LONGEST_WAIT, Edge
from services.capture.forms import Form, RatingForm
from services.capture.opened import Item, Opened, receipt_of
from services.capture.readiness import is_probe
from services.contracts import topology
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, active_at
from services.contracts.events import RatingSubmitted
from services.contracts.signing import Signed
from services.contracts.vouching import HEADER, Sender
from services.errors import Invalid, Malformed, NotAllowed, NotAuthenticated, Refused

STALE = "stale_at_ingest"

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
class Desk:
    """Where letters are opened. `edge` has the business time, `wall` is the other one.

    `authentic` knows the keys of devices, `issued` the newest epoch of each.
    """

    edge: Edge
    directory: Directory
    wall: datetime
    authentic: Authentic
    issued: Callable[[str], int]

    def open(self, letter: Letter) -> Opened | Never:
        """Whom a letter is from and what is in it; or the reason why nobody can use it."""
        if is_probe(letter):
            return Opened(letter, (), ())
        try:
            if sender := vouched(letter):
                return self._again(letter, sender)
            edge, body = (
                self._from_device(letter) if _by_mqtt(letter) else self._from_system(letter)
            )
            items = _items(body)
        except Refused as error:
            return Never(why(error))
        senders = [_sender_of(edge, f"{receipt_of(letter)}/{i}") for i in range(len(items))]
        return self._opened(letter, edge, items, senders)

    def _opened(
        self, letter: Letter, edge: Edge, items: Sequence[Item], senders: Sequence[Sender]
    ) -> Opened:
        queued = replace(edge, queued=True)
        pairs = zip(items, senders, strict=True)
        results = (_result(item, queued, sender.receipt) for item, sender in pairs)
        return Opened(letter, tuple(items), tuple(results), tuple(senders))

    def _again(self, letter: Letter, sender: Sender) -> Opened:
        """A press that was refused and is replayed: its sender was known when it first came.

        Who is known no longer is refused by name, so that the press goes back to its own row.
        """
        items = _items(letter.body)
        edge = replace(self.edge, received_at=sender.received_at, marks=sender.marks)
        try:
            edge = replace(edge, actor=self._sender_again(sender))
        except Refused as error:
            return Opened(letter, items, (Never(why(error)),), (sender,))
        return self._opened(letter, edge, items, [sender])

    def _sender_again(self, sender: Sender) -> Actor:
        if sender.role is not Role.DEVICE:
            return self._system(sender.by)
        return Actor(sender.by, frozenset({Role.DEVICE}), epoch=self.issued(sender.by))

    def _from_device(self, letter: Letter) -> tuple[Edge, bytes]:
        signed, device = _signed(letter.body), _sender(letter)
        known = active_at(self.directory.device_periods, device, self.edge.received_at)
        if signed.device != device:
            raise NotAllowed(f"device {device} sends as {signed.device}")
        if known is None:
            raise NotAuthenticated(f"device {device} is not in the registry, or no longer")
        actor = Actor(device, frozenset({Role.DEVICE}), epoch=self._epoch(signed))
        return replace(self.edge, actor=actor, marks=self._marks(signed)), signed.body.encode()

    def _epoch(self, signed: SignedLetter) -> int:
        """The newest epoch in which the signer can have pressed.

        A letter may have waited while its device was imaged anew: a key that ended since then is
        good for former epochs, over a queue alone. Raises NotAuthenticated when no key signed.
        """
        if signed.is_authentic(self.authentic, self.wall):
            return self.issued(signed.device)
        if signed.is_authentic(self.authentic, self.wall - LONGEST_WAIT):
            return self.issued(signed.device) - 1
        raise NotAuthenticated(f"no key of device {signed.device} made this signature")

    def _from_system(self, letter: Letter) -> tuple[Edge, bytes]:
        system = _sender(letter)
        if letter.user != topology.system_user(system):
            raise NotAuthenticated(f"{letter.user or 'nobody'} sends as {system}")
        return replace(self.edge, actor=self._system(system)), letter.body

    def _system(self, system: str) -> Actor:
        known = next((each for each in self.directory.principals if each.id == system), None)
        if known is None or not known.active(self.edge.received_at):
            raise NotAuthenticated(f"{system} is not in the registry, or no longer")
        if Role.SYSTEM not in known.roles:
            raise NotAllowed(f"{system} is not a system")
        return Actor(system, known.roles)

    def _marks(self, signed: SignedLetter) -> tuple[str, ...]:
        """Freshness is judged here and nowhere later; what is old is taken all the same."""
        age = self.wall - datetime.fromtimestamp(signed.timestamp, UTC)
        tolerance = self.edge.rules.rating.clock_tolerance
        return (STALE,) if abs(age) > tolerance else ()


def why(error: Refused) -> str:
    """The reason of the quarantine: forged or malformed, and the first thing that is wrong."""
    kind = "forged" if isinstance(error, NotAuthenticated | NotAllowed) else "malformed"
    first = next(iter(error.extra.get("errors", ())), None)
    return f"{kind}: {first['pointer']} {first['detail']}" if first else f"{kind}: {error.message}"


def vouched(letter: Letter) -> Sender | None:
    """The sender of a press that we send ourselves once more; strangers cannot write that way."""
    header = None if letter.exchange else letter.headers.get(HEADER)
    return Sender.model_validate_json(header) if header else None


def _sender_of(edge: Edge, receipt: str) -> Sender:
    role = Role.DEVICE if Role.DEVICE in edge.actor.roles else Role.SYSTEM
    at = edge.received_at
    return Sender(by=edge.actor.id, role=role, received_at=at, receipt=receipt, marks=edge.marks)


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
        content = parsed(body)
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
