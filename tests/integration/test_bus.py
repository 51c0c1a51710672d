"""What a service takes from a real broker: three outcomes, batches, and nothing lost or held."""

from __future__ import annotations

import gc
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest
from eventlet.event import Event
from pymongo.errors import AutoReconnect, NetworkTimeout, WriteError

from services.adapters import leaving
from services.adapters.bus import Bus, Delivery, Outgoing, consume, packed
from services.adapters.bus.consumer import PREFETCH
from services.adapters.bus.settling import REASON
from services.adapters.outcome import Done, Later, Never, Outcome
from services.console.stack import Stack
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from tests.county import press
from tests.integration.bus import (
    Containers,
    consumers,
    eventually,
    line_to,
    purge,
    send,
    settings,
    taken,
    waiting,
)

pytestmark = pytest.mark.integration
RATINGS, BACKLOG = topology.STORE_RATINGS, topology.STORE_BACKLOG


BASIC_CONSUME = bytes((0, 60, 0, 20))
"""Class and method of the frame that asks for a queue's messages (AMQP 0-9-1)."""


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """So that nothing is closed by luck."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Desk:
    """A service that notes what it is given and answers as the test says."""

    name = "desk"
    batches: list[list[str]]
    answer: Callable[[Delivery[RatingSubmitted]], Outcome]

    @consume(RATINGS, size=100, within_ms=20)
    @consume(BACKLOG, size=100, within_ms=20)
    def take(self, deliveries: Sequence[Delivery[RatingSubmitted]]) -> list[Outcome]:
        """Note the batch, then answer for each."""
        Desk.batches.append([delivery.message.rating_id for delivery in deliveries])
        return [Desk.answer(delivery) for delivery in deliveries]


@pytest.fixture
def desk(stack: Stack, container_factory: Containers) -> type[Desk]:
    """A desk that says done to everything, with empty queues; start it by `opened`."""
    purge(stack.amqp_uri)
    Desk.batches, Desk.answer = [], staticmethod(lambda delivery: Done())
    return Desk


def seen(rating_id: str) -> int:
    """How often the desk was given a rating."""
    return Counter(each for batch in Desk.batches for each in batch)[rating_id]


def test_what_is_done_is_acknowledged_batch_by_batch(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    presses = [press() for _ in range(250)]
    send(bus, *presses)
    container_factory(desk, settings(stack)).start()
    eventually(lambda: sum(map(len, desk.batches)) == 250)
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 0)
    assert [each for batch in desk.batches for each in batch] == [p.rating_id for p in presses]
    assert max(map(len, desk.batches)) <= 100


def test_what_must_wait_comes_back_alone_and_older(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    fine, waits = press(), press()
    attempts: list[int] = []

    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        if delivery.message == waits:
            attempts.append(delivery.attempt)
        early = delivery.message == waits and delivery.attempt == 0
        return Later("not yet") if early else Done()

    desk.answer = staticmethod(answer)
    container_factory(desk, settings(stack)).start()
    started = time.monotonic()
    bus.publish(*packed([fine, waits], "trace"))
    eventually(lambda: attempts == [0, 1])
    assert time.monotonic() - started >= topology.DELAYS_S[0] - 0.5
    assert seen(fine.rating_id) == 1


def test_what_will_never_be_handled_is_kept_with_its_reason(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    desk.answer = staticmethod(lambda delivery: Never("no such unit"))
    container_factory(desk, settings(stack)).start()
    send(bus, press(rating_id="lost"))
    eventually(lambda: waiting(stack.amqp_uri, topology.DEAD_LETTERS) == 1)
    [letter] = taken(stack.amqp_uri, topology.DEAD_LETTERS)
    assert letter.headers[REASON] == "no such unit"
    assert b"lost" in letter.body
    assert waiting(stack.amqp_uri, RATINGS.name) == 0


def test_what_cannot_be_read_never_reaches_the_service_and_is_kept(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    container_factory(desk, settings(stack)).start()
    bus.publish(Outgoing(topology.EVENTS, "rating.submitted", b"{broken", str(uuid.uuid4())))
    eventually(lambda: waiting(stack.amqp_uri, topology.DEAD_LETTERS) == 1)
    [letter] = taken(stack.amqp_uri, topology.DEAD_LETTERS)
    assert letter.body == b"{broken"
    assert desk.batches == []


@pytest.mark.parametrize("error", [ZeroDivisionError(), WriteError("refused by the database")])
def test_a_poison_message_delays_itself_only(
    stack: Stack,
    desk: type[Desk],
    bus: Bus,
    container_factory: Containers,
    error: Exception,
) -> None:
    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        if delivery.message.rating_id == "poison":
            raise error
        return Done()

    desk.answer = staticmethod(answer)
    good = [press() for _ in range(5)]
    send(bus, *good[:2], press(rating_id="poison"), *good[2:])
    container_factory(desk, settings(stack)).start()
    eventually(lambda: waiting(stack.amqp_uri, topology.delay_queue(5)) == 1)
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 0)
    assert all(seen(each.rating_id) for each in good)


def test_a_failing_database_is_no_messages_fault(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    failures = iter([True, True, False])
    attempts: list[int] = []

    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        attempts.append(delivery.attempt)
        if next(failures):
            raise AutoReconnect("down")
        return Done()

    desk.answer = staticmethod(answer)
    send(bus, press())
    container_factory(desk, settings(stack)).start()
    eventually(lambda: attempts == [0, 0, 0])
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 0)
    assert waiting(stack.amqp_uri, topology.delay_queue(5)) == 0


def in_batches_of(most: int, desk: type[Desk]) -> Counter[str]:
    """How often the desk was given each rating in a batch that was small enough."""
    return Counter(id for batch in desk.batches if len(batch) <= most for id in batch)


def test_a_database_that_is_too_slow_for_a_batch_gets_it_in_parts(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        if len(desk.batches[-1]) > 10:
            raise NetworkTimeout("this is taking too long")
        return Done()

    desk.answer = staticmethod(answer)
    presses = [press() for _ in range(40)]
    send(bus, *presses)
    container_factory(desk, settings(stack)).start()
    handled = partial(in_batches_of, 10, desk)
    eventually(lambda: handled() == Counter(each.rating_id for each in presses))
    assert waiting(stack.amqp_uri, topology.delay_queue(5)) == 0


def test_what_was_not_acknowledged_is_delivered_again(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    """The first consumer dies with the batch in hand; the second gets all of it."""
    hang = [True]

    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        if hang[0]:
            raise AutoReconnect("for ever")
        return Done()

    desk.answer = staticmethod(answer)
    presses = [press() for _ in range(3)]
    send(bus, *presses)
    first = container_factory(desk, settings(stack))
    first.start()
    eventually(lambda: desk.batches)
    first.kill()
    hang[0], desk.batches = False, []
    container_factory(desk, settings(stack)).start()
    eventually(lambda: all(seen(each.rating_id) for each in presses))


def test_while_the_database_is_slow_a_backlog_waits_at_the_broker(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    slow = Event()

    def answer(delivery: Delivery[RatingSubmitted]) -> Outcome:
        slow.wait()
        return Done()

    desk.answer = staticmethod(answer)
    presses = [press() for _ in range(3 * PREFETCH)]
    send(bus, *presses)
    container_factory(desk, settings(stack)).start()
    eventually(lambda: desk.batches)
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 2 * PREFETCH)
    slow.send()
    eventually(lambda: all(seen(each.rating_id) for each in presses))


def test_a_stopping_service_finishes_its_batch_first(
    stack: Stack, desk: type[Desk], bus: Bus, container_factory: Containers
) -> None:
    container = container_factory(desk, settings(stack))
    container.start()
    send(bus, *(press() for _ in range(30)))
    eventually(lambda: desk.batches)
    container.stop()
    handled = sum(map(len, desk.batches))
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 30 - handled)


def test_a_stopping_service_does_not_wait_for_ever_for_what_hangs(
    stack: Stack,
    desk: type[Desk],
    bus: Bus,
    container_factory: Containers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What hangs in its hands is delivered to the next one."""
    monkeypatch.setattr(leaving, "LONGEST_S", 0.2)
    desk.answer = staticmethod(lambda delivery: Event().wait())
    container = container_factory(desk, settings(stack))
    container.start()
    send(bus, press())
    eventually(lambda: desk.batches)
    container.stop()
    eventually(lambda: waiting(stack.amqp_uri, RATINGS.name) == 1)


def test_who_is_killed_before_it_is_told_that_it_consumes_holds_nothing_back(
    stack: Stack, desk: type[Desk], container_factory: Containers
) -> None:
    def consuming() -> int:
        return sum(consumers(stack.amqp_uri, queue) for queue in (RATINGS.name, BACKLOG.name))

    with line_to(stack.amqp_uri) as line, without_garbage_collection():
        line.mute_after = BASIC_CONSUME
        container = container_factory(desk, settings(stack, AMQP_URI=line.uri))
        container.start()
        eventually(consuming)
        container.kill()
        eventually(lambda: not consuming(), within_s=5)
