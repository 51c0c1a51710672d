"""Nameko entrypoints that take messages in batches; `receiving` says when they are acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, suppress
from datetime import datetime
from logging import getLogger
from typing import Any

from greenlet import GreenletExit
from nameko.extensions import Entrypoint
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from services.adapters.bus.connection import connected
from services.adapters.bus.deliveries import Delivery, Letter, Unpacked, unpack
from services.adapters.bus.handling import Handling
from services.adapters.bus.publisher import Bus
from services.adapters.bus.receiving import Pace, Receiving
from services.adapters.bus.settling import Settled, copies
from services.adapters.leaving import Leaving
from services.adapters.mongo import MongoConnection
from services.adapters.outcome import Done, Outcome
from services.adapters.partitions import there
from services.adapters.patience import pauses
from services.adapters.settings import server_uri
from services.adapters.telemetry import Telemetry
from services.adapters.telemetry.metrics import handled
from services.adapters.telemetry.spans import going_on
from services.adapters.trust import ca_file
from services.contracts import topology
from services.contracts.tracing import Trace, traces

PREFETCH = 256
_log = getLogger(__name__)

Handler = Callable[[Any, Sequence[Any]], Sequence[Outcome]]


class LetterConsumer(Entrypoint):
    """Gives raw letters, up to `size` at a time or what has come within `within_ms`."""

    bus = Bus()
    database = MongoConnection()
    leaving = Leaving()
    telemetry = Telemetry()

    def __init__(
        self, queue: str, size: int, within_ms: int, prefetch: int, channels: int, **options: Any
    ) -> None:
        super().__init__(**options)
        self.queue, self.channels = queue, channels
        self.pace = Pace(size, within_ms / 1000, prefetch)
        self._handling = Handling(self)
        self._consuming: list[Any] = []

    def start(self) -> None:
        """Begin to consume; reconnects for ever."""
        spawn = self.container.spawn_managed_thread
        self._consuming = [spawn(self._consume_for_ever) for _ in range(self.channels)]

    def stop(self) -> None:
        """Finish the batches in flight, acknowledge them, leave."""
        self.leaving.ask()
        for each in self._consuming:
            with suppress(GreenletExit):
                each.wait()

    def _consume_for_ever(self) -> None:
        pause = pauses()
        while not self.leaving.asked:
            try:
                self._consume()
                pause = pauses()
            except Exception as error:  # noqa: BLE001 - whatever it was, connect anew
                _log.warning("%s: %r; reconnecting", self.queue, error)
                self.leaving.rest(next(pause))
                self._await_database()

    def _await_database(self) -> None:
        """Take nothing from the queue before the database answers: deliveries are counted."""
        for _ in self.leaving.tries():
            with suppress(PyMongoError):
                self.database.db.command("ping")
                return

    def _consume(self) -> None:
        """Consume on one connection until it fails or the service stops."""
        config = self.container.config
        with connected(server_uri(config, "AMQP"), ca_file(config)) as connection:
            queues = there(connection.default_channel, self.queue)
            with closing(Receiving(connection, queues, self.pace)) as receiving:
                for letters in receiving.batches(lambda: self.leaving.asked):
                    self._handle(letters)

    def _handle(self, letters: Sequence[Letter]) -> None:
        """Put the outcome of every letter in place."""
        with self._working():
            outcomes = self._handling.outcomes(letters)
            settled = [Settled(letter, (o,)) for letter, o in zip(letters, outcomes, strict=True)]
            self._settle(settled)

    def _working(self, came: Sequence[Trace] = ()) -> AbstractContextManager[None]:
        service, name = self.container.service_name, f"process {self.queue}"
        return going_on(service, name, SpanKind.CONSUMER, came)

    def _settle(self, settled: Sequence[Settled], sent_at: datetime | None = None) -> None:
        if outgoing := [copy for each in settled for copy in copies(each.letter.queue, each)]:
            self.bus.publish(*outgoing)
        if self.telemetry.on:
            handled(self.queue, [o for each in settled for o in each.outcomes], sent_at)


class MessageConsumer(LetterConsumer):
    """Gives parsed messages; what cannot be parsed never reaches the service."""

    def _handle(self, letters: Sequence[Letter]) -> None:
        unpacked = [unpack(letter) for letter in letters]
        deliveries = [delivery for each in unpacked for delivery in each.deliveries]
        with self._working(traces(each.message.traceparent for each in deliveries)):
            outcomes = iter(self._handling.outcomes(deliveries) if deliveries else ())
            self._settle([self._settled(each, outcomes) for each in unpacked], unpacked[0].sent_at)

    def _settled(self, unpacked: Unpacked, outcomes: Any) -> Settled:
        found = tuple(unpacked.outcomes(outcomes))
        done = all(isinstance(outcome, Done) for outcome in found)
        return Settled(unpacked.letter, found, None if done else unpacked.envelope)


def consume(
    queue: topology.Queue,
    *,
    size: int = 500,
    within_ms: int = 50,
    prefetch: int = PREFETCH,
    channels: int = 1,
) -> Callable[[Handler], Handler]:
    """Handle the messages of a work queue: `(self, deliveries) -> one outcome for each`.

    `prefetch` messages are held at most by each channel, in the batch in flight and the next; it
    bounds memory. With two `channels` one batch is read while another waits for the database.
    """
    decorate: Callable[[Handler], Handler] = MessageConsumer.decorator(
        queue.name, size, within_ms, prefetch, channels
    )
    return decorate


def consume_letters(
    queue: str, *, size: int = 100, within_ms: int = 50
) -> Callable[[Handler], Handler]:
    """Handle raw letters, such as dead ones: `(self, letters) -> one outcome for each`."""
    decorate: Callable[[Handler], Handler] = LetterConsumer.decorator(
        queue, size, within_ms, PREFETCH, 1
    )
    return decorate


__all__ = ["Delivery", "Letter", "consume", "consume_letters"]
