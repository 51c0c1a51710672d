"""Partitions on a broker: which of them there are, and over how many ratings are spread."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from amqp.exceptions import InvalidCommand, NotFound

from services.contracts.partitions import (
    SPREAD,
    SPREAD_ARGUMENTS,
    SPREAD_TYPE,
    WEIGHT,
    WHOLE,
    Spreading,
    partitions_of,
)
from services.errors import Misconfigured

PLUGIN = "rabbitmq_consistent_hash_exchange"


def there(channel: Any, queue: str) -> tuple[str, ...]:
    """A work queue and its partitions that the broker has, whether or not they still get anything.

    The first that is missing ends the search, for the broker's log notes each.
    """
    own, *further = partitions_of(queue)
    return (own, *takewhile(lambda name: _is_there(channel, name), further))


def _is_there(channel: Any, queue: str) -> bool:
    """Asked on a channel of its own, which the broker closes when there is no such queue."""
    asking = channel.connection.channel()
    try:
        asking.queue_declare(queue, passive=True)
    except NotFound:
        return False
    asking.close()
    return True


def spread(channel: Any, number: int) -> None:
    """Spread ratings over so many partitions from now on, however it was before.

    Every new way is open before an old one is closed: no press is refused, and one of that instant
    may take both and is stored once. Partitions that get nothing any more stay until they are
    empty and somebody deletes them. Only who may change the topology can do this.
    """
    spreading = Spreading(number)
    for name, arguments in spreading.queues.items():
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    exchange, queue, key = WHOLE
    if number == 1:
        channel.queue_bind(queue, exchange, key)
        channel.exchange_delete(SPREAD)
        return
    _declare_exchange(channel)
    for name in spreading.queues:
        channel.queue_bind(name, SPREAD, WEIGHT)
    channel.exchange_bind(SPREAD, exchange, key)
    channel.queue_unbind(queue, exchange, key)
    for name in spreading.retired:
        channel.queue_unbind(name, SPREAD, WEIGHT)


def _declare_exchange(channel: Any) -> None:
    try:
        channel.exchange_declare(
            SPREAD, SPREAD_TYPE, durable=True, auto_delete=False, arguments=SPREAD_ARGUMENTS
        )
    except InvalidCommand as error:
        raise Misconfigured(
            f"The broker needs a plugin: rabbitmq-plugins enable {PLUGIN}"
        ) from error
