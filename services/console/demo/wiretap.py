"""Listens to the whole bus of a story: a copy of every message that is sent through an exchange."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kombu import Connection

from services.contracts.topology import BINDINGS

QUEUE = "story.wiretap"
FORGOTTEN_MS = 600_000
ANSWERS_S = 10


class Wiretap:
    """A queue of its own beside those of the services; the broker drops it when it is forgotten."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def begin(self) -> None:
        """From now on a copy of every message is kept."""
        with Connection(self._uri, connect_timeout=ANSWERS_S) as connection:
            channel: Any = connection.channel()
            kept = {"x-expires": FORGOTTEN_MS}
            channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=kept)
            for exchange, key in sorted({(exchange, key) for exchange, _, key in BINDINGS}):
                channel.queue_bind(QUEUE, exchange, key)

    def messages(self) -> Iterator[bytes]:
        """What was kept; each is given once, and the queue is gone at the end."""
        with Connection(self._uri, connect_timeout=ANSWERS_S) as connection:
            channel: Any = connection.channel()
            while message := channel.basic_get(QUEUE, no_ack=True):
                body = message.body
                yield body.encode() if isinstance(body, str) else bytes(body)
            channel.queue_delete(QUEUE)
