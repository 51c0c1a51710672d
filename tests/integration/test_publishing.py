"""What a service gives to a real broker: confirmed once it is held, and never by mistake."""

from __future__ import annotations

import uuid

import eventlet
import pytest

from services.adapters.bus import Bus, Outgoing
from services.adapters.bus import publisher as publishing
from services.console.stack import Stack
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from services.errors import Unavailable
from tests.county import press
from tests.integration.bus import (
    Containers,
    bus_on,
    line_to,
    purge,
    send,
    settings,
    taken,
    waiting,
)

pytestmark = pytest.mark.integration
RATINGS = topology.STORE_RATINGS


@pytest.fixture(autouse=True)
def nothing_waits(stack: Stack) -> None:
    """The queues are empty."""
    purge(stack.amqp_uri)


def test_a_message_that_no_queue_takes_is_not_confirmed(bus: Bus) -> None:
    with pytest.raises(Unavailable, match="No queue is bound"):
        bus.publish(Outgoing(topology.EVENTS, "nobody.listens", b"{}", str(uuid.uuid4())))


def test_an_announcement_needs_no_listener(bus: Bus) -> None:
    bus.publish(Outgoing(topology.CASES, "case.opened", b"{}", "a", mandatory=False))


def test_a_silent_broker_is_never_taken_for_a_confirmation(
    stack: Stack,
    container_factory: Containers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer to the first message is swallowed; the second must not be given it."""
    monkeypatch.setattr(publishing, "CONFIRM_TIMEOUT_S", 1)
    with line_to(stack.amqp_uri) as line:
        bus = bus_on(container_factory, settings(stack, AMQP_URI=line.uri))
        send(bus, press(rating_id="before"))
        line.mute = True
        with pytest.raises(Unavailable):
            send(bus, press(rating_id="unheard"))
        line.mute = False
        with pytest.raises(Unavailable, match="No queue is bound"):
            bus.publish(Outgoing(topology.EVENTS, "nobody.listens", b"{}", str(uuid.uuid4())))
        send(bus, press(rating_id="after"))
    bodies = b"".join(letter.body for letter in taken(stack.amqp_uri, RATINGS.name))
    assert b"before" in bodies
    assert b"after" in bodies


def test_answers_that_come_in_pieces_are_put_together_by_one_reader(
    stack: Stack, container_factory: Containers
) -> None:
    """Publishers must never read from the line themselves, between the pieces of a frame."""
    with line_to(stack.amqp_uri) as line:
        bus = bus_on(container_factory, settings(stack, AMQP_URI=line.uri))
        send(bus, press())
        line.dribbles = True
        pile = eventlet.GreenPile(20)
        for _ in range(200):
            pile.spawn(send, bus, press())
        assert len(list(pile)) == 200
    assert waiting(stack.amqp_uri, RATINGS.name) == 201


def test_without_a_broker_the_sender_is_told_at_once(
    container_factory: Containers, stack: Stack
) -> None:
    nowhere = "amqp://guest:guest@127.0.0.1:1//"
    bus = bus_on(container_factory, settings(stack, AMQP_URI=nowhere))
    with pytest.raises(Unavailable, match="cannot be reached"):
        send(bus, press())


def test_all_who_wait_for_a_broker_that_hangs_wait_for_one_attempt(
    stack: Stack,
    container_factory: Containers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One after the other, the twentieth would be told after four minutes that nothing is sure."""
    monkeypatch.setattr(publishing, "HEARTBEAT_S", 1)
    with line_to(stack.amqp_uri) as line:
        line.mute = True
        bus = bus_on(container_factory, settings(stack, AMQP_URI=line.uri))
        pile = eventlet.GreenPile(20)
        for _ in range(20):
            pile.spawn(told_by, bus, press())
        assert set(pile) == {Unavailable}
    assert caplog.text.count("cannot reach the broker") == 1


def told_by(bus: Bus, sent: RatingSubmitted) -> type[Exception] | None:
    """What the sender is told."""
    try:
        send(bus, sent)
    except Unavailable as error:
        return type(error)
    return None
