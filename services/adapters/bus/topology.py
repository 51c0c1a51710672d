"""Puts `contracts.topology` on a broker, or where that is not ours to do, looks whether it is."""

from __future__ import annotations

from typing import Any

from services.adapters.partitions import there
from services.contracts import topology
from services.contracts.partitions import WHOLE


def declare(channel: Any) -> None:
    """Make sure that every queue, exchange and binding is there; safe to repeat.

    Where the broker has partitions, how ratings are spread over them is left as it is.
    """
    for name, arguments in topology.QUEUES.items():
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    for name, kind in topology.EXCHANGES.items():
        channel.exchange_declare(name, kind, durable=True, auto_delete=False)
    left = WHOLE if len(there(channel, topology.STORE_RATINGS.name)) > 1 else None
    for binding in topology.BINDINGS:
        exchange, queue, key = binding
        if binding != left:
            channel.queue_bind(queue, exchange, key)


def demand(channel: Any) -> None:
    """Raise amqp's NotFound, naming the first queue or exchange that is not there."""
    for name in topology.QUEUES:
        channel.queue_declare(name, passive=True)
    for name, kind in topology.EXCHANGES.items():
        channel.exchange_declare(name, kind, passive=True)


def ensure(channel: Any, user: str | None) -> None:
    """Put the topology in place; for a user of one service, who may not, look whether it is."""
    (demand if topology.is_service(user) else declare)(channel)
