"""Exchanges, queues and bindings of the bus: the one place where the flow can be read.

Every work queue is a quorum queue with an explicit delivery limit, dead-letters at least once and
refuses a publisher rather than drop a message. "Later" is one delay queue per delay; what comes
out of it returns to the queue it came from, since its routing key is that queue's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.contracts import commands, events
from services.contracts.message import Message

EVENTS = "haoping.events"
COMMANDS = "haoping.commands"
DEAD = "haoping.dead"
DELIVERY_LIMIT = 200
BULK_ITEMS = 200
BULK_BYTES = 256 * 1024
DELAYS_S = (5, 60, 600, 3600)
MAX_ATTEMPTS = 80


@dataclass(frozen=True)
class Queue:
    """A durable quorum queue, what it is bound to, and the messages it may hold."""

    name: str
    exchange: str
    messages: tuple[type[Message], ...]

    @property
    def arguments(self) -> dict[str, Any]:
        """Broker arguments of a work queue; accepted by RabbitMQ 3.10 and 4."""
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD,
            "x-dead-letter-routing-key": self.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }


STORE_RATINGS = Queue("store.ratings", EVENTS, (events.RatingSubmitted,))
STORE_ERRANDS = Queue("store.errands", EVENTS, (events.ErrandReported,))
STORE_COMMANDS = Queue("store.commands", COMMANDS, (commands.InvalidateRating,))
RECTIFY_RATINGS = Queue(
    "rectify.ratings",
    EVENTS,
    (events.BadRatingStored, events.AppendStored, events.RatingInvalidated),
)
WORK_QUEUES = (STORE_RATINGS, STORE_ERRANDS, STORE_COMMANDS, RECTIFY_RATINGS)
DEAD_LETTERS = "dead.letters"


def delay_exchange(seconds: int) -> str:
    """The exchange that holds a message back for `seconds`."""
    return f"haoping.later.{seconds}s"


def delay_after(attempt: int) -> int | None:
    """Seconds to wait after the given number of attempts; None when patience has ended.

    5 s, 1 min, 10 min, then every hour: about three days, longer than an offline weekend.
    """
    return None if attempt >= MAX_ATTEMPTS else DELAYS_S[min(attempt, len(DELAYS_S) - 1)]


def exchange_of(message: type[Message]) -> str:
    """The exchange on which a message type is published."""
    return COMMANDS if message.__module__ == commands.__name__ else EVENTS


MESSAGE_TYPES: dict[str, type[Message]] = {
    message.__name__: message
    for module in (events, commands)
    for message in vars(module).values()
    if isinstance(message, type) and issubclass(message, Message) and message is not Message
}
