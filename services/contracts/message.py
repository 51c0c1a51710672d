"""The versioned envelope in which events and commands travel over the bus."""

from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import SchemaSerializer


class Message(BaseModel):
    """An event (past tense) or a command (imperative).

    A message must reach a queue: the topology has one for each.
    Unknown fields are ignored, so that an old consumer survives a newer producer. `traceparent` is
    the piece of work that it came of (W3C Trace Context); nothing is decided by it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    routing_key: ClassVar[str]
    traceparent: str | None = None

    @property
    def about(self) -> str | None:
        """What messages that belong together have in common; None where nothing keeps together."""
        return None

    def as_json(self) -> bytes:
        """The message as it travels, without what says no more than its default."""
        return _writer(type(self)).to_json(self, exclude_defaults=True)


@cache
def _writer(kind: type[Message]) -> SchemaSerializer:
    """pydantic's own, without what is around it: that takes a fifth of writing one."""
    return TypeAdapter(kind).serializer


class Envelope(BaseModel):
    """One or many messages of one type; a backlog travels as one envelope.

    `id` is the AMQP message id, `trace` follows what is inside through every log (single presses of
    one instant share an envelope; each is told by its receipt), and `attempt` counts how often a
    consumer has already said "later" to what is inside.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    version: int = 1
    id: str
    type: str
    trace: str
    sent_at: AwareDatetime
    attempt: int = 0
    items: tuple[dict[str, Any], ...] = Field(min_length=1)

    def retrying(self, items: tuple[dict[str, Any], ...], id: str) -> Self:
        """A copy that carries only `items`, one attempt older."""
        return self.model_copy(update={"items": items, "id": id, "attempt": self.attempt + 1})


Kind = TypeVar("Kind", bound=Message)


class Parcel(Envelope, Generic[Kind]):
    """An envelope whose items are all well-formed messages of one kind: read in one go."""

    items: tuple[Kind, ...] = Field(min_length=1)  # type: ignore[assignment]
