"""A nameko entrypoint that takes messages in batches and acknowledges each batch at once.

One batch is in flight while the next is being gathered. Its single `multiple` acknowledgement is
sent only when every message in it has its outcome in place: effects first, then acknowledge. Two
greenlets share the work, so that a slow database never keeps the heartbeat waiting.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from logging import getLogger
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.queue import Empty, Queue
from eventlet.semaphore import Semaphore
from nameko.extensions import Entrypoint
from pymongo.errors import PyMongoError

from services.adapters.bus.connection import connect, drain
from services.adapters.bus.deliveries import Delivery, Letter, Unpacked, unpack
from services.adapters.bus.publisher import Bus
from services.adapters.bus.settling import Settled, copies
from services.adapters.outcome import Later, Outcome
from services.contracts import topology

PREFETCH = 256
HOLD_S = 120
MOST_BACKOFF_S = 10.0
_log = getLogger(__name__)

Handler = Callable[[Any, Sequence[Any]], Sequence[Outcome]]


class HandlerError(Exception):
    """A handler raised; what it was is in the chain."""


class LetterConsumer(Entrypoint):
    """Gives raw letters, up to `size` at a time or what has come within `within_ms`."""

    bus = Bus()

    def __init__(self, queue: str, size: int, within_ms: int, **options: Any) -> None:
        super().__init__(**options)
        self.queue, self.size, self.within_s = queue, size, within_ms / 1000
        self._stopping = False
        self._stopped = Event()

    def start(self) -> None:
        """Begin to consume; reconnects for ever."""
        self.container.spawn_managed_thread(self._consume_for_ever)

    def stop(self) -> None:
        """Finish the batch in flight, acknowledge it, leave."""
        self._stopping = True
        self._stopped.wait()

    def _consume_for_ever(self) -> None:
        backoff = 0.2
        while not self._stopping:
            try:
                self._consume()
                backoff = 0.2
            except Exception as error:  # noqa: BLE001 - whatever it was, connect anew
                _log.warning("%s: %r; reconnecting", self.queue, error)
                backoff = min(backoff * 2, MOST_BACKOFF_S)
                eventlet.sleep(backoff * random.uniform(0.5, 1))
        self._stopped.send()

    def _consume(self) -> None:
        """Consume on one connection until it fails or the service stops."""
        connection = connect(self.container.config["AMQP_URI"])
        channel, arrived, writing = connection.default_channel, Queue(), Semaphore()
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(self.queue, callback=lambda m: arrived.put(Letter.of(m)))
        draining = eventlet.spawn(self._drain, connection, writing)
        try:
            while not self._stopping and not draining.dead:
                if letters := self._gather(arrived):
                    self._handle(letters)
                    with writing:
                        channel.basic_ack(letters[-1].tag, multiple=True)
        finally:
            draining.kill()
            with suppress(Exception), eventlet.Timeout(1, False):
                connection.close()

    def _drain(self, connection: Any, writing: Semaphore) -> None:
        with suppress(OSError, ConnectionError):
            while True:
                drain(connection, writing)

    def _gather(self, arrived: Queue) -> list[Letter]:
        """The next letters: waits for a first one, then `within_s` for company."""
        letters: list[Letter] = []
        with suppress(Empty):
            letters.append(arrived.get(timeout=0.5))
            with eventlet.Timeout(self.within_s, False):
                while sum(letter.weight for letter in letters) < self.size:
                    letters.append(arrived.get())
        return letters

    def _handle(self, letters: Sequence[Letter]) -> None:
        """Put the outcome of every letter in place."""
        outcomes = self._outcomes(letters)
        settled = [Settled(letter, (o,)) for letter, o in zip(letters, outcomes, strict=True)]
        self._settle(settled)

    def _settle(self, settled: Sequence[Settled]) -> None:
        if outgoing := [copy for each in settled for copy in copies(self.queue, each)]:
            self.bus.publish(*outgoing)

    def _outcomes(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """The handler's outcomes; when it fails, each message is tried alone, then later."""
        try:
            return self._call_while_database_fails(batch)
        except HandlerError as error:
            _log.error("%s: cannot handle a batch of %d", self.queue, len(batch), exc_info=error)
            if len(batch) == 1:
                return [Later(repr(error.__cause__))]
            return [outcome for one in batch for outcome in self._outcomes([one])]

    def _call_while_database_fails(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """A failing database is no message's fault: hold the batch and try again, for a while."""
        waited, pause = 0.0, 0.2
        while True:
            try:
                return self._call(batch)
            except PyMongoError as error:
                if waited > HOLD_S or self._stopping:
                    raise
                _log.warning("%s: the database fails, holding a batch: %r", self.queue, error)
            eventlet.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, MOST_BACKOFF_S)

    def _call(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """Run the service method in a worker; its exception, unless the database's, is wrapped."""
        done = Event()
        self.container.spawn_worker(
            self, (batch,), {}, handle_result=partial(self._worker_done, done)
        )
        try:
            outcomes: Sequence[Outcome] = done.wait()
        except PyMongoError:
            raise
        except Exception as error:
            raise HandlerError from error
        return outcomes

    def _worker_done(self, done: Event, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        done.send(result, exc_info)
        return result, exc_info


class MessageConsumer(LetterConsumer):
    """Gives parsed messages; what cannot be parsed never reaches the service."""

    def _handle(self, letters: Sequence[Letter]) -> None:
        unpacked = [unpack(letter) for letter in letters]
        deliveries = [delivery for each in unpacked for delivery in each.deliveries]
        outcomes = iter(self._outcomes(deliveries) if deliveries else ())
        self._settle([self._settled(each, outcomes) for each in unpacked])

    def _settled(self, unpacked: Unpacked, outcomes: Any) -> Settled:
        return Settled(unpacked.letter, tuple(unpacked.outcomes(outcomes)), unpacked.envelope)


def consume(
    queue: topology.Queue, *, size: int = 500, within_ms: int = 50
) -> Callable[[Handler], Handler]:
    """Handle the messages of a work queue: `(self, deliveries) -> one outcome for each`."""
    decorate: Callable[[Handler], Handler] = MessageConsumer.decorator(queue.name, size, within_ms)
    return decorate


def consume_letters(
    queue: str, *, size: int = 100, within_ms: int = 50
) -> Callable[[Handler], Handler]:
    """Handle raw letters, such as dead ones: `(self, letters) -> one outcome for each`."""
    decorate: Callable[[Handler], Handler] = LetterConsumer.decorator(queue, size, within_ms)
    return decorate


__all__ = ["Delivery", "Letter", "consume", "consume_letters"]
