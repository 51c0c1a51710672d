"""Ratings spread over partitions on a real broker: nothing lost or doubled, whoever changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import eventlet
import pytest
from amqp import Message
from kombu import Connection
from nameko.containers import ServiceContainer
from typer.testing import CliRunner

from services.adapters.bus import Bus, packed
from services.adapters.bus.connection import connected
from services.adapters.bus.depths import Depths
from services.adapters.mongo import Db, connect
from services.adapters.partitions import spread, there
from services.console.app import program
from services.console.device import private_ports
from services.console.stack import Stack, definitions, node
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from services.contracts.partitions import SPREAD, WEIGHT, WHOLE, Spreading, partitions_of
from services.errors import Unavailable
from services.store.service import Store
from tests.county import DIRECTORY, linked, press
from tests.integration.bus import bus_on, consumers, eventually, in_the_county, taken

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
RATINGS = topology.STORE_RATINGS.name
ALL = partitions_of(RATINGS)


@pytest.fixture
def config(stack: Stack) -> Iterator[dict[str, Any]]:
    """Settings for a store that knows the county; afterwards the broker is as it was."""
    with in_the_county(stack, DIRECTORY) as config:
        yield config
        with Connection(stack.amqp_uri) as connection:
            spread(connection.default_channel, 1)
            for name in ALL[1:]:
                connection.default_channel.queue_delete(name)


@pytest.fixture
def db(config: dict[str, Any]) -> Iterator[Db]:
    """The database of that store."""
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    yield db
    db.client.close()


@pytest.fixture
def bus(container_factory: Containers, config: dict[str, Any]) -> Bus:
    """Somebody who publishes, and knows nothing of partitions."""
    return bus_on(container_factory, config)


def spread_over(uri: str, number: int) -> None:
    """What an operator does about it."""
    done = CliRunner(env={"AMQP_URI": uri}).invoke(
        program("device"), ["device", "partitions", str(number)]
    )
    assert done.exit_code == 0, done.output


def send(bus: Bus, *presses: RatingSubmitted) -> None:
    """Publish each press in a message of its own."""
    bus.publish(*(message for each in presses for message in packed([each], "trace")))


def depths(uri: str) -> dict[str, int]:
    """How many messages wait in each partition that there is."""
    with Connection(uri) as connection:
        channel = connection.default_channel
        return {
            name: int(channel.queue_declare(name, passive=True).message_count)
            for name in there(channel, RATINGS)
        }


def waits(uri: str, number: int) -> bool:
    """Whether so many messages wait in all partitions together."""
    return sum(depths(uri).values()) == number


def all_are_stored_once(db: Db, number: int) -> None:
    """So many ratings come to stand in the database, none of them twice."""
    eventually(lambda: db["ratings"].count_documents({}) == number)
    assert db["ratings"].count_documents({"repeats": {"$exists": True}}) == 0


def test_two_stores_empty_four_partitions_and_everything_is_stored_once(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    uri = config["AMQP_URI"]
    spread_over(uri, 4)
    send(bus, *(press() for _ in range(400)))
    assert list(depths(uri)) == list(ALL[:4])
    assert sum(depths(uri).values()) == 400
    assert min(depths(uri).values()) > 0
    for _ in range(2):
        container_factory(Store, config).start()
    all_are_stored_once(db, 400)
    eventually(lambda: not any(depths(uri).values()))
    eventually(lambda: [consumers(uri, name) for name in ALL[:4]] == [4, 4, 4, 4])


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 2), (4, 1)])
def test_with_other_partitions_nothing_that_waits_is_lost(
    config: dict[str, Any],
    db: Db,
    bus: Bus,
    container_factory: Containers,
    before: int,
    after: int,
) -> None:
    uri = config["AMQP_URI"]
    spread_over(uri, before)
    send(bus, *(press() for _ in range(200)))
    waited = depths(uri)
    spread_over(uri, after)
    send(bus, *(press() for _ in range(200)))
    got_more = [name for name, depth in depths(uri).items() if depth > waited.get(name, 0)]
    assert got_more == list(ALL[:after])
    container_factory(Store, config).start()
    all_are_stored_once(db, 400)
    eventually(lambda: not any(depths(uri).values()))


def test_while_partitions_come_and_go_no_press_is_refused_or_lost(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    changing, sent = [True], []

    def press_on() -> None:
        while changing[0]:
            sent.append(press())
            send(bus, sent[-1])

    pressing = eventlet.spawn(press_on)
    for number in (4, 2, 8, 1, 3):
        with connected(config["AMQP_URI"]) as connection:
            spread(connection.default_channel, number)
        before = len(sent)
        eventually(lambda before=before: len(sent) > before + 20)  # type: ignore[misc]
    changing[0] = False
    pressing.wait()
    container_factory(Store, config).start()
    all_are_stored_once(db, len(sent))


def test_an_append_waits_in_the_partition_of_its_first_rating(
    config: dict[str, Any], bus: Bus
) -> None:
    spread_over(config["AMQP_URI"], 4)
    send(bus, *(linked(f"A{number}", turn=turn) for turn in (1, 2) for number in range(40)))
    for name in ALL[:4]:
        bodies = [letter.body for letter in taken(config["AMQP_URI"], name)]
        errands = [body.split(b'"errand_number":"')[1].split(b'"')[0] for body in bodies]
        half = len(errands) // 2
        assert errands[:half] == errands[half:] != []


def test_what_must_wait_returns_to_the_partition_it_came_from(
    config: dict[str, Any], bus: Bus, container_factory: Containers
) -> None:
    uri = config["AMQP_URI"]
    spread_over(uri, 4)
    send(bus, *(linked(f"A{number}", turn=2) for number in range(40)))
    waited = depths(uri)
    store = container_factory(Store, config)
    store.start()
    eventually(lambda: not any(depths(uri).values()))
    store.stop()
    put_off = taken(uri, topology.delay_queue(5))
    returning = {letter.delivery_info["routing_key"] for letter in put_off}
    assert returning == {name for name, depth in waited.items() if depth}


def test_a_press_that_no_partition_would_hold_is_not_confirmed(
    config: dict[str, Any], bus: Bus
) -> None:
    spread_over(config["AMQP_URI"], 2)
    with Connection(config["AMQP_URI"]) as connection:
        for name in Spreading(2).queues:
            connection.default_channel.queue_unbind(name, SPREAD, WEIGHT)
    with pytest.raises(Unavailable, match="No queue is bound"):
        send(bus, press())


def test_who_may_declare_the_topology_leaves_the_spreading_as_it_is(
    config: dict[str, Any], bus: Bus
) -> None:
    spread_over(config["AMQP_URI"], 4)
    with connected(config["AMQP_URI"]):
        pass
    send(bus, *(press() for _ in range(100)))
    assert sum(depths(config["AMQP_URI"]).values()) == 100


def test_what_waits_in_any_partition_keeps_a_month_open(
    config: dict[str, Any], bus: Bus, container_factory: Containers
) -> None:
    class Asking:
        """A service that looks at the queues."""

        name = "asking"
        depths = Depths()

    container = container_factory(Asking, config)
    [look] = [each for each in container.extensions if isinstance(each, Depths)]
    spread_over(config["AMQP_URI"], 4)
    send(bus, *(press() for _ in range(40)))
    spread_over(config["AMQP_URI"], 1)
    eventually(lambda: look.in_flight() == 40)


def test_the_printed_definitions_make_the_same_partitions(
    stack: Stack, config: dict[str, Any], bus: Bus
) -> None:
    ports = private_ports(stack.layout)
    if ports is None:
        pytest.skip("definitions are imported into a private broker only")
    with Connection(config["AMQP_URI"]) as connection:
        exchange, queue, key = WHOLE
        connection.default_channel.queue_unbind(queue, exchange, key)
    node.add(stack.layout, ports, definitions.flow(4))
    send(bus, *(press() for _ in range(100)))
    found = depths(config["AMQP_URI"])
    assert sum(found.values()) == 100
    spread_over(config["AMQP_URI"], 4)
    send(bus, *(press() for _ in range(100)))
    assert sum(depths(config["AMQP_URI"]).values()) == 200
    assert min(found.values()) > 0


@pytest.mark.slow
def test_a_private_stack_with_other_partitions_still_has_what_waited(tmp_path: Path) -> None:
    nobodys = {"AMQP_URI": "", "MONGO_URI": ""}
    for number, expected in (("4", 100), ("2", 200), ("", 300)):
        with Stack(tmp_path, environment={**nobodys, "HAOPING_PARTITIONS": number}) as own:
            with Connection(own.amqp_uri) as connection:
                for each in range(100):
                    [out] = packed([press(rating_id=f"{number}-{each}")], "trace")
                    letter = Message(out.body, application_headers=dict(out.headers))
                    channel = connection.default_channel
                    channel.basic_publish(letter, out.exchange, out.routing_key)
            eventually(partial(waits, own.amqp_uri, expected))
