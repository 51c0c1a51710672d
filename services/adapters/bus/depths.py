"""How much is still on the bus: what a closing month waits for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from logging import getLogger
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from services.adapters.bus.connection import connected
from services.adapters.partitions import there
from services.adapters.settings import server_uri
from services.adapters.trust import ca_file
from services.contracts import topology

LOOK_EVERY_S = 0.1
QUIET_LOOKS = 2
_log = getLogger(__name__)

InFlight = Callable[[float], int]
"""How many messages wait in all queues, after at most so many seconds of patience."""


class Depths(DependencyProvider):
    """Gives workers a look at the queues; a bus that does not answer counts as one message.

    A broker tells what waits and not what a consumer holds, so that quiet means: nothing waited at
    two looks in a row. What a consumer held in between shows as `touched`.
    """

    def get_dependency(self, worker_ctx: object) -> InFlight:
        """The look."""
        return self.in_flight

    def in_flight(self, within_s: float = 0) -> int:
        """Look until the bus is quiet, or patience has ended."""
        config = self.container.config
        try:
            with connected(server_uri(config, "AMQP"), ca_file(config)) as connection:
                return _settled(connection.default_channel, within_s)
        except Exception as error:  # noqa: BLE001 - kombu, amqp and the socket each have their own
            _log.warning("The bus does not answer: %s", type(error).__name__)
            return 1


def _settled(channel: Any, within_s: float) -> int:
    patience_ends, quiet = time.monotonic() + within_s, 0
    queues = {*topology.QUEUES, *there(channel, topology.STORE_RATINGS.name)}
    while True:
        left = waiting(channel, queues)
        quiet = 0 if left else quiet + 1
        if quiet >= QUIET_LOOKS or time.monotonic() >= patience_ends:
            return left
        eventlet.sleep(LOOK_EVERY_S)


def waiting(channel: Any, queues: Iterable[str]) -> int:
    """How many messages wait in these queues, without what consumers hold."""
    found = (channel.queue_declare(name, passive=True) for name in queues)
    return sum(int(each.message_count) for each in found)
