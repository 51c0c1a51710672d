"""Puts `contracts.topology` on a broker; every process does so when it connects."""

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
