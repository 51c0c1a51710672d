"""Exchanges, queues and bindings of the bus: the one place where the flow can be read.

Every work queue is a quorum queue with an explicit delivery limit, dead-letters at least once and
refuses a publisher rather than drop a message. "Later" is one delay queue per delay; what comes
out of it returns to the queue it came from, since its routing key is that queue's name.

Raw letters come from devices (MQTT, through RabbitMQ's plugin) and from trusted systems (AMQP).
The MQTT exchange is our own rather than `amq.topic`, which every broker has from birth: before
this topology is in place there is nothing to publish to, so a QoS 1 publish gets no answer instead
of an acknowledgement for a press that no queue holds.

There is an exchange for what each service sends, for a broker tells exchanges apart and not what is
sent over a direct one; `contracts.access` says who may use which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.contracts import commands, events
from services.contracts.message import Message

EVENTS = "haoping.events"
STORED = "haoping.stored"
CASES = "haoping.cases"
COMMANDS = "haoping.commands"
DEAD = "haoping.dead"
BACK = "haoping.back"
"""What the work list sends to the edge once more; only the store may write to it."""
MQTT = "haoping.mqtt"
RAW = "haoping.raw"
RAW_RATINGS = "haoping.v1.ratings"
READY = "~ready"
"""Whom the edge's own probe comes from: no device or system can be called like this."""
SERVICE = "service-"
DELIVERY_LIMIT = 200
COMPANY = 8
"""So many messages in one envelope go the way of a single one; more are a backlog."""
BULK_ITEMS = 200
BULK_BYTES = 256 * 1024
DELAYS_S = (5, 60, 600, 3600)
MAX_ATTEMPTS = 80


def backlog_key(message: type[Message]) -> str:
    """The routing key of an envelope with more than `COMPANY` items of this type."""
    return f"{message.routing_key}.backlog"


@dataclass(frozen=True)
class Queue:
    """A durable quorum queue, what it is bound to, and the messages it may hold.

    `letters` are the (exchange, pattern) pairs of a queue that holds what no service of ours wrote.
    A queue for `backlog` holds the envelopes with many items, so that a weekend's backlog never
    stands in front of the press of this minute.
    """

    name: str
    exchange: str
    messages: tuple[type[Message], ...] = ()
    letters: tuple[tuple[str, str], ...] = ()
    backlog: bool = False

    @property
    def bindings(self) -> tuple[tuple[str, str], ...]:
        """The (exchange, routing key) pairs that lead here."""
        keys = (backlog_key(each) if self.backlog else each.routing_key for each in self.messages)
        return (*((self.exchange, key) for key in keys), *self.letters)

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
STORE_BACKLOG = Queue("store.backlog", EVENTS, (events.RatingSubmitted,), backlog=True)
STORE_ERRANDS = Queue("store.errands", EVENTS, (events.ErrandReported,))
STORE_COMMANDS = Queue(
    "store.commands",
    COMMANDS,
    (commands.InvalidateRating, commands.ReinstateRating, commands.EraseRater),
)
RECTIFY_RATINGS = Queue(
    "rectify.ratings",
    STORED,
    (
        events.BadRatingStored,
        events.AppendStored,
        events.RatingInvalidated,
        events.RatingLinked,
    ),
)
RECTIFY_NOTICES = Queue(
    "rectify.notices", CASES, (events.CaseOpened, events.CaseMoved, events.CaseClosed)
)
CAPTURE_RAW = Queue(
    "capture.raw", MQTT, letters=((MQTT, f"{RAW_RATINGS}.*"), (RAW, f"{RAW_RATINGS}.*"))
)
WORK_QUEUES = (
    STORE_RATINGS,
    STORE_BACKLOG,
    STORE_ERRANDS,
    STORE_COMMANDS,
    RECTIFY_RATINGS,
    RECTIFY_NOTICES,
    CAPTURE_RAW,
)
WITH_BACKLOG = frozenset(kind for queue in WORK_QUEUES if queue.backlog for kind in queue.messages)
DEAD_LETTERS = "dead.letters"
NEVER_DROP = 1_000_000


def delay_queue(seconds: int) -> str:
    """The queue that holds a message back for `seconds`."""
    return f"haoping.later.{seconds}s"


def delay_exchange(seconds: int) -> str:
    """The exchange that leads there; its routing keys are the queues to which messages return.

    By them the broker can tell who may have something put off for which queue.
    """
    return f"haoping.delay.{seconds}s"


def _delay_arguments(seconds: int) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": seconds * 1000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def raw_key(sender: str) -> str:
    """The routing key of a device or system; over MQTT its dots are slashes."""
    return f"{RAW_RATINGS}.{sender}"


def device_user(device: str) -> str:
    """What the broker calls a device; with its prefix nobody can be named like our own user."""
    return f"device-{device}"


def system_user(system: str) -> str:
    """What the broker calls a business system."""
    return f"system-{system}"


def delay_after(attempt: int) -> int | None:
    """Seconds to wait after the given number of attempts; None when patience has ended.

    5 s, 1 min, 10 min, then every hour: about three days, longer than an offline weekend.
    """
    return None if attempt >= MAX_ATTEMPTS else DELAYS_S[min(attempt, len(DELAYS_S) - 1)]


def service_user(service: str) -> str:
    """What the broker calls a service of ours."""
    return f"{SERVICE}{service}"


def is_service(user: str | None) -> bool:
    """Whether the broker knows this user as a service, which may not change the topology."""
    return (user or "").startswith(SERVICE)


def exchange_of(message: type[Message]) -> str:
    """The exchange on which a message type is published: that of the queues it goes to."""
    return next(queue.exchange for queue in WORK_QUEUES if message in queue.messages)


MESSAGE_TYPES: dict[str, type[Message]] = {
    message.__name__: message
    for module in (events, commands)
    for message in vars(module).values()
    if isinstance(message, type) and issubclass(message, Message) and message is not Message
}

EXCHANGES: dict[str, str] = {
    EVENTS: "direct",
    STORED: "direct",
    CASES: "direct",
    COMMANDS: "direct",
    BACK: "direct",
    DEAD: "fanout",
    MQTT: "topic",
    RAW: "topic",
    **{delay_exchange(seconds): "topic" for seconds in DELAYS_S},
}
"""Every exchange and its type."""

QUEUES: dict[str, dict[str, Any]] = {
    **{queue.name: queue.arguments for queue in WORK_QUEUES},
    DEAD_LETTERS: {"x-queue-type": "quorum", "x-delivery-limit": NEVER_DROP},
    **{delay_queue(seconds): _delay_arguments(seconds) for seconds in DELAYS_S},
}
"""Every queue and its broker arguments; all are durable."""

BINDINGS: tuple[tuple[str, str, str], ...] = (
    *((exchange, queue.name, key) for queue in WORK_QUEUES for exchange, key in queue.bindings),
    (DEAD, DEAD_LETTERS, ""),
    (BACK, CAPTURE_RAW.name, CAPTURE_RAW.name),
    *((delay_exchange(seconds), delay_queue(seconds), "#") for seconds in DELAYS_S),
)
"""Every binding: exchange, queue, routing key."""
