"""Puts `contracts.topology` on a broker, or where that is not ours to do, looks whether it is."""

from __future__ import annotations

from typing import Any

from services.contracts import topology


def declare(channel: Any) -> None:
    """Make sure that every queue, exchange and binding is there; safe to repeat."""
    for name, arguments in topology.QUEUES.items():
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    for name, kind in topology.EXCHANGES.items():
        channel.exchange_declare(name, kind, durable=True, auto_delete=False)
    for exchange, queue, key in topology.BINDINGS:
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
