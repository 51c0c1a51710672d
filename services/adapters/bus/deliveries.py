"""What came from the broker, before and after it was understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from services.adapters.outcome import Never, Outcome
from services.contracts.message import Envelope, Message
from services.contracts.topology import MESSAGE_TYPES

ASSUMED_ITEM_BYTES = 1000
Kind_co = TypeVar("Kind_co", bound=Message, covariant=True)


@dataclass(frozen=True)
class Letter:
    """A message as it came: its tag on the channel, its bytes and its headers."""

    tag: int
    body: bytes
    headers: Mapping[str, Any]
    routing_key: str
    id: str | None

    @classmethod
    def of(cls, message: Any) -> Letter:
        """Read what py-amqp delivered."""
        properties, info = message.properties, message.delivery_info
        body = message.body if isinstance(message.body, bytes) else message.body.encode()
        headers = properties.get("application_headers") or {}
        return cls(
            info["delivery_tag"], body, headers, info["routing_key"], properties.get("message_id")
        )

    @property
    def weight(self) -> int:
        """About how many items are inside; a guess from the size, made before parsing."""
        return 1 + len(self.body) // ASSUMED_ITEM_BYTES


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
    envelope: Envelope | None
    items: tuple[Delivery[Message] | Never, ...]

    @property
    def deliveries(self) -> list[Delivery[Message]]:
        """What the service gets to see."""
        return [item for item in self.items if isinstance(item, Delivery)]

    def outcomes(self, of_deliveries: Iterator[Outcome]) -> Iterator[Outcome]:
        """One outcome for each item, taking the service's for those it saw."""
        for item in self.items:
            yield item if isinstance(item, Never) else next(of_deliveries)


def unpack(letter: Letter) -> Unpacked:
    """Read a letter as an envelope of messages of a type that we know."""
    try:
        envelope = Envelope.model_validate_json(letter.body)
        kind = MESSAGE_TYPES[envelope.type]
    except ValidationError as error:
        return Unpacked(letter, None, (Never(f"malformed: {_first(error)}"),))
    except KeyError as error:
        return Unpacked(letter, None, (Never(f"unknown_type: {error}"),))
    return Unpacked(letter, envelope, tuple(_read(kind, envelope, item) for item in envelope.items))


def _read(
    kind: type[Message], envelope: Envelope, item: dict[str, Any]
) -> Delivery[Message] | Never:
    try:
        return Delivery(kind.model_validate(item), envelope.attempt, envelope.trace)
    except ValidationError as error:
        return Never(f"malformed: {_first(error)}")


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
