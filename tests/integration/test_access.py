"""Each service on the real broker, as the user it has there: its own task and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from amqp import Message
from amqp.exceptions import AccessRefused, NotFound
from kombu import Connection

from services.adapters.bus.connection import connected
from services.adapters.bus.depths import Depths
from services.adapters.bus.topology import demand
from services.console.stack import Stack
from services.contracts import topology
from services.contracts.access import ACCESS
from services.contracts.events import CaseOpened, RatingSubmitted
from tests.integration.bus import eventually, purge, taken, waiting

pytestmark = pytest.mark.integration
RATINGS = topology.STORE_RATINGS.name


@pytest.fixture(autouse=True)
def empty(stack: Stack) -> None:
    """An empty bus on the private broker, whose users we know."""
    if not stack.pid("rabbitmq"):
        pytest.skip("users are made on a private broker only")
    purge(stack.amqp_uri)


def uri(stack: Stack, service: str, password: str | None = None) -> str:
    """Where the broker is for the user of a service."""
    own = stack.layout.secrets / f"broker-{service}.password"
    host = stack.amqp_uri.split("@")[1]
    return f"amqp://{topology.service_user(service)}:{password or own.read_text()}@{host}"


@contextmanager
def channel(address: str) -> Iterator[Any]:
    """A channel in confirm mode: what the broker refuses is raised."""
    with Connection(address) as connection:
        opened = connection.channel()
        opened.confirm_select()
        yield opened


def send(address: str, exchange: str, key: str) -> None:
    """Publish something, and hear what the broker says to it."""
    with channel(address) as opened:
        opened.basic_publish_confirm(Message(b"{}"), exchange, key)


@pytest.mark.parametrize("service", sorted(set(ACCESS) - {"capture", "store"}))
def test_who_does_not_take_presses_cannot_submit_one(stack: Stack, service: str) -> None:
    with pytest.raises(AccessRefused):
        send(uri(stack, service), topology.EVENTS, RatingSubmitted.routing_key)
    with pytest.raises(AccessRefused):
        send(uri(stack, service), topology.delay_exchange(5), RATINGS)
    with pytest.raises(AccessRefused):
        send(uri(stack, service), "", RATINGS)
    assert waiting(stack.amqp_uri, RATINGS) == 0


@pytest.mark.parametrize("service", sorted(set(ACCESS) - {"store"}))
def test_nobody_but_the_store_can_read_what_waits_for_it(stack: Stack, service: str) -> None:
    send(uri(stack, "capture"), topology.EVENTS, RatingSubmitted.routing_key)
    for empties in (
        lambda found: found.basic_get(RATINGS),
        lambda found: found.basic_consume(RATINGS),
        lambda found: found.queue_purge(RATINGS),
        lambda found: found.queue_bind("", topology.EVENTS, RatingSubmitted.routing_key),
    ):
        _refused(uri(stack, service), empties)
    assert len(taken(stack.amqp_uri, RATINGS)) == 1


def _refused(address: str, does: Callable[[Any], Any]) -> None:
    with pytest.raises((AccessRefused, NotFound)), channel(address) as opened:
        does(opened)


def test_a_service_sends_its_own_and_has_its_own_put_off(stack: Stack) -> None:
    rectify, notices = uri(stack, "rectify"), topology.RECTIFY_NOTICES.name
    send(rectify, topology.CASES, CaseOpened.routing_key)
    assert len(taken(rectify, notices)) == 1
    send(rectify, topology.delay_exchange(5), notices)
    eventually(lambda: waiting(stack.amqp_uri, topology.delay_queue(5)) == 1)


@pytest.mark.parametrize("service", ACCESS)
def test_no_service_may_change_the_topology(stack: Stack, service: str) -> None:
    for changes in (
        lambda found: found.queue_delete(RATINGS),
        lambda found: found.queue_declare("own", durable=True),
        lambda found: found.exchange_delete(topology.EVENTS),
        lambda found: found.exchange_declare("own", "fanout"),
    ):
        _refused(uri(stack, service), changes)
    with connected(uri(stack, service)) as connection:
        demand(connection.default_channel)


def test_the_score_can_ask_what_waits(stack: Stack, container_factory: Callable[..., Any]) -> None:
    class Asking:
        """A service that looks at the queues."""

        name = "asking"
        depths = Depths()

    container = container_factory(Asking, {"AMQP_URI": uri(stack, "score")})
    [depths] = [each for each in container.extensions if isinstance(each, Depths)]
    send(uri(stack, "capture"), topology.EVENTS, RatingSubmitted.routing_key)
    eventually(lambda: depths.in_flight() == 1)


def test_who_never_speaks_to_the_broker_is_unknown_there(stack: Stack) -> None:
    password = (stack.layout.secrets / "broker-score.password").read_text()
    with pytest.raises(AccessRefused), Connection(uri(stack, "portal", password)) as stranger:
        stranger.connect()


def test_a_broker_without_the_topology_is_named_by_what_is_missing(stack: Stack) -> None:
    with Connection(stack.amqp_uri) as master:
        master.default_channel.exchange_delete(topology.BACK)
        try:
            with pytest.raises(NotFound, match=topology.BACK), connected(uri(stack, "store")):
                pass
        finally:
            with connected(stack.amqp_uri):
                pass
