"""Two hundred thousand presses that wait at once: every store is down, and the queue grows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import amqp
from kombu import Connection

from services.adapters.bus import packed
from services.adapters.bus.depths import waiting
from services.console.bench.load import presses
from services.console.demo.client import eventually
from services.contracts.events import RatingSubmitted
from services.contracts.topology import STORE_RATINGS
from services.contracts.vocabulary import Channel
from tests.faults.town import Town

LETTERS, UNCONFIRMED = 200_000, 2_000
PLAIN = {
    "window": "w1",
    "channel": Channel.MOBILE,
    "sealed": None,
    **dict.fromkeys(("named", "contactable", "has_text"), False),
}
CONFIRM_S, DRAINED_S = 30, 900


def long_queue(town: Town, luck: random.Random) -> None:
    """The queue of ratings grows to `LETTERS` while no store runs; then they take it up."""
    for store in town.of("store"):
        town.keeper.ask(store)
    for store in town.of("store"):
        town.keeper.ended(store)
    with Connection(town.stack.amqp_uri) as connection:
        for press in _published(connection, _presses(luck)):
            town.sent.levels[press.rating_id] = int(press.level)
            town.sent.confirmed.add(press.rating_id)
        for store in town.of("store"):
            town.keeper.start(store)
        channel, queues = connection.default_channel, [STORE_RATINGS.name]
        eventually(lambda: not waiting(channel, queues), "the long queue to be stored", DRAINED_S)


def _presses(luck: random.Random) -> Iterator[RatingSubmitted]:
    """What the edge would have passed on, over a month long ago, about the town's window and from
    telephones: so many who stood at it would all be marked, and that would take most of the time.
    """
    for press in presses(LETTERS, luck.randrange(10**6)):
        yield press.model_copy(update=PLAIN)


def _published(
    connection: Connection, sent: Iterable[RatingSubmitted]
) -> Iterator[RatingSubmitted]:
    """The presses, one a message, each once the broker has confirmed it."""
    channel = connection.default_channel
    channel.confirm_select()
    waiting: dict[int, RatingSubmitted] = {}
    confirmed: list[RatingSubmitted] = []

    def confirm(tag: int, multiple: bool) -> None:
        tags = [each for each in waiting if each <= tag] if multiple else [tag]
        confirmed.extend(waiting.pop(each) for each in tags)

    channel.events["basic_ack"].add(confirm)
    for number, press in enumerate(sent, 1):
        waiting[number] = press
        [out] = packed([press], "flood")
        about = {"delivery_mode": 2, "message_id": out.id, "content_type": "application/json"}
        channel.basic_publish(amqp.Message(out.body, **about), out.exchange, out.routing_key)
        while len(waiting) > UNCONFIRMED:
            connection.drain_events(timeout=CONFIRM_S)
        yield from _taken(confirmed)
    while waiting:
        connection.drain_events(timeout=CONFIRM_S)
    yield from _taken(confirmed)


def _taken(confirmed: list[RatingSubmitted]) -> Iterator[RatingSubmitted]:
    while confirmed:
        yield confirmed.pop()
