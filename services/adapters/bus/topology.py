"""Declares `contracts.topology` on a broker; every process does so when it connects."""

from __future__ import annotations

from typing import Any

from services.contracts import topology
from services.contracts.topology import Queue

NEVER_DROP = 1_000_000


def _durable_exchange(channel: Any, name: str, kind: str) -> None:
    channel.exchange_declare(name, kind, durable=True, auto_delete=False)


def _durable_queue(channel: Any, name: str, arguments: dict[str, Any]) -> None:
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)


def _declare_work_queue(channel: Any, queue: Queue) -> None:
    _durable_queue(channel, queue.name, queue.arguments)
    for message in queue.messages:
        channel.queue_bind(queue.name, queue.exchange, message.routing_key)


def _declare_delay(channel: Any, seconds: int) -> None:
    name = topology.delay_exchange(seconds)
    _durable_exchange(channel, name, "fanout")
    _durable_queue(
        channel,
        name,
        {
            "x-queue-type": "quorum",
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )
    channel.queue_bind(name, name)


def declare(channel: Any) -> None:
    """Make sure that every exchange, queue and binding is there; safe to repeat."""
    for exchange in (topology.EVENTS, topology.COMMANDS):
        _durable_exchange(channel, exchange, "direct")
    _durable_exchange(channel, topology.DEAD, "fanout")
    dead = {"x-queue-type": "quorum", "x-delivery-limit": NEVER_DROP}
    _durable_queue(channel, topology.DEAD_LETTERS, dead)
    channel.queue_bind(topology.DEAD_LETTERS, topology.DEAD)
    for queue in topology.WORK_QUEUES:
        _declare_work_queue(channel, queue)
    for seconds in topology.DELAYS_S:
        _declare_delay(channel, seconds)
