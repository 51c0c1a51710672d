"""Letters of one connection, in batches, each acknowledged at once when it has been handled.

One batch is in hand while the next is gathered. Its single `multiple` acknowledgement is sent only
when every message in it has its outcome in place: effects first, then acknowledge. Two greenlets
share the work, so that a slow database never keeps the heartbeat waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import eventlet
from eventlet.queue import Empty, Queue
from eventlet.semaphore import Semaphore

from services.adapters.bus.connection import drain
from services.adapters.bus.deliveries import Letter

LOOKS_UP_S = 0.5


@dataclass(frozen=True)
class Pace:
    """Up to `size` items at a time, or what comes within `within_s` of the first; `prefetch`
    messages are held at most, in the batch in hand and the next.
    """

    size: int
    within_s: float
    prefetch: int


class Receiving:
    """Takes letters from queues over a connection, until that is lost."""

    def __init__(self, connection: Any, queues: Sequence[str], pace: Pace) -> None:
        self._channel, self._pace, self._last = connection.default_channel, pace, 0
        self._arrived, self._writing = Queue(), Semaphore()
        self._take_from(queues)
        self._draining = eventlet.spawn(_drain, connection, self._writing)

    def close(self) -> None:
        """Read no further."""
        self._draining.kill()

    def batches(self, is_over: Callable[[], bool]) -> Iterator[list[Letter]]:
        """One after the other. To ask for the next is to say that the one before is handled."""
        while not (is_over() or self._draining.dead):
            if letters := self._gather():
                yield letters
                self._acknowledge(letters)

    def _take_from(self, queues: Sequence[str]) -> None:
        """Have the broker deliver from all of them; together they hold back `prefetch` at most."""
        self._channel.basic_qos(0, max(1, self._pace.prefetch // len(queues)), False)
        for queue in queues:
            self._channel.basic_consume(queue, callback=partial(self._arrive, queue))

    def _arrive(self, queue: str, message: Any) -> None:
        self._arrived.put(Letter.of(message, queue))

    def _gather(self) -> list[Letter]:
        """The next letters: waits for a first one, then `within_s` for company."""
        letters: list[Letter] = []
        with suppress(Empty):
            letters.append(self._arrived.get(timeout=LOOKS_UP_S))
            room = self._pace.size - letters[0].weight
            with eventlet.Timeout(self._pace.within_s, False):
                while room > 0:
                    letters.append(self._arrived.get())
                    room -= letters[-1].weight
        return letters

    def _acknowledge(self, letters: Sequence[Letter]) -> None:
        self._last = acknowledgeable(self._last, letters)
        with self._writing:
            self._channel.basic_ack(self._last, multiple=True)


def acknowledgeable(last: int, letters: Sequence[Letter]) -> int:
    """The tag up to which everything is settled, given the `last` one before this batch.

    A `multiple` acknowledgement swallows whatever lies below its tag; so a gap, which would be
    somebody's press, ends the connection instead, and the broker delivers all of it again.
    """
    tags = [letter.tag for letter in letters]
    if tags != list(range(last + 1, last + 1 + len(letters))):
        raise ConnectionError(f"delivery tags {tags[0]} to {tags[-1]} do not follow {last}")
    return tags[-1]


def _drain(connection: Any, writing: Semaphore) -> None:
    """Until the connection fails, for whatever reason; then its batches end."""
    with suppress(Exception):
        while True:
            drain(connection, writing)
