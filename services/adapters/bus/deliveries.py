"""What came from the broker, before and after it was understood."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from services.adapters.outcome import Never, Outcome
from services.contracts import topology
from services.contracts.message import Envelope, Message, Parcel
from services.contracts.vouching import HEADER
from services.errors import wrong_fields

ASSUMED_ITEM_BYTES = 600
FROM = "haoping-from"
Kind_co = TypeVar("Kind_co", bound=Message, covariant=True)


@dataclass(frozen=True)
class Letter:
    """A message as it came: its tag on the channel, its bytes and its headers.

    `user` is the sender's name if the sender gave it and the broker found it true; `queue` is where
    it waited.
    """

    tag: int
    body: bytes
    headers: Mapping[str, Any]
    routing_key: str
    id: str | None
    exchange: str = ""
    user: str | None = None
    queue: str = ""

    @classmethod
    def of(cls, message: Any, queue: str) -> Letter:
        """Read what py-amqp delivered from a queue; the headers of strangers mean nothing to us."""
        properties, info = message.properties, message.delivery_info
        body, strange = message.body, info["exchange"] in (topology.MQTT, topology.RAW)
        came = cls(
            info["delivery_tag"],
            body if isinstance(body, bytes) else body.encode(errors="surrogatepass"),
            {} if strange else properties.get("application_headers") or {},
            info["routing_key"],
            properties.get("message_id"),
            "" if info["exchange"] == topology.BACK else info["exchange"],
            properties.get("user_id"),
            queue,
        )
        return came.as_first_sent()

    @property
    def origin(self) -> dict[str, str]:
        """Where it came from, for the headers of a copy; and who sent it, if we found that out."""
        known = {"exchange": self.exchange, "key": self.routing_key, "id": self.id}
        vouched = {} if self.exchange else {n: v for n, v in self.headers.items() if n == HEADER}
        return {FROM: json.dumps({**known, "user": self.user}), **vouched}

    def as_first_sent(self) -> Letter:
        """What has been put off comes back as it first came.

        It comes by way of the default exchange, to which nobody but the broker writes, or by that
        of the work list, to which only the store may: so the header is ours.
        """
        if self.exchange or FROM not in self.headers:
            return self
        first = json.loads(self.headers[FROM])
        return replace(
            self,
            exchange=first["exchange"],
            routing_key=first["key"],
            id=first["id"],
            user=first["user"],
        )

    @property
    def weight(self) -> int:
        """About how many items are inside; a guess from the size, made before parsing."""
        return max(1, len(self.body) // ASSUMED_ITEM_BYTES)


@dataclass(frozen=True)
class Delivery(Generic[Kind_co]):
    """One understood message, how often it has been put off, and the trace it belongs to."""

    message: Kind_co
    attempt: int
    trace: str


@dataclass(frozen=True)
class Unpacked:
    """A letter with what could be read of it: for each item a delivery or why it has none."""

    letter: Letter
    items: tuple[Delivery[Message] | Never, ...]
    enveloped: bool = True
    sent_at: datetime | None = None

    @property
    def envelope(self) -> Envelope | None:
        """The items as they came, with fields that only a newer version knows."""
        return Envelope.model_validate_json(self.letter.body) if self.enveloped else None

    @property
    def deliveries(self) -> list[Delivery[Message]]:
        """What the service gets to see."""
        return [item for item in self.items if isinstance(item, Delivery)]

    def outcomes(self, of_deliveries: Iterator[Outcome]) -> Iterator[Outcome]:
        """One outcome for each item, taking the service's for those it saw."""
        for item in self.items:
            yield item if isinstance(item, Never) else next(of_deliveries)


_EXPECTED = {kind.routing_key: kind for kind in topology.MESSAGE_TYPES.values()} | {
    topology.backlog_key(kind): kind for kind in topology.WITH_BACKLOG
}


def unpack(letter: Letter) -> Unpacked:
    """Read a letter as an envelope of messages of a type that we know.

    What the routing key promises is read in one go; if that fails, each item is read for itself.
    """
    expected = _EXPECTED.get(letter.routing_key)
    if expected:
        with suppress(ValidationError):
            return _parcel(letter, expected)
    return _item_by_item(letter)


def _parcel(letter: Letter, kind: type[Message]) -> Unpacked:
    parcel = Parcel[kind].model_validate_json(letter.body)  # type: ignore[valid-type]
    if parcel.type != kind.__name__:
        return _item_by_item(letter)
    items = tuple(Delivery(each, parcel.attempt, parcel.trace) for each in parcel.items)
    return Unpacked(letter, items, sent_at=parcel.sent_at)


def _item_by_item(letter: Letter) -> Unpacked:
    try:
        envelope = Envelope.model_validate_json(letter.body)
        kind = topology.MESSAGE_TYPES[envelope.type]
    except ValidationError as error:
        return Unpacked(letter, (_malformed(error),), enveloped=False)
    except KeyError as error:
        return Unpacked(letter, (Never(f"unknown_type: {error}"),), enveloped=False)
    items = tuple(_read(kind, envelope, item) for item in envelope.items)
    return Unpacked(letter, items, sent_at=envelope.sent_at)


def _read(
    kind: type[Message], envelope: Envelope, item: dict[str, Any]
) -> Delivery[Message] | Never:
    try:
        return Delivery(kind.model_validate(item), envelope.attempt, envelope.trace)
    except ValidationError as error:
        return _malformed(error)


def _malformed(error: ValidationError) -> Never:
    return Never(f"malformed: {wrong_fields(error)[0]}")
