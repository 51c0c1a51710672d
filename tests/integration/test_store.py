"""The store on a real broker and a real database: nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from nameko.containers import ServiceContainer
from nameko.testing.services import entrypoint_hook
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from services.adapters.bus import Bus, Outgoing, packed
from services.adapters.clock import MovableClock
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.sealing import Sealer
from services.console.stack import Stack
from services.contracts import topology
from services.contracts.directory import Directory, Window
from services.contracts.message import Message
from services.score.repository import Tallies
from services.store.service import Store
from tests.county import DIRECTORY, NOON, errand, linked, press
from tests.integration.bus import bus_on, eventually, in_the_county, taken, waiting

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]


@pytest.fixture
def config(stack: Stack) -> Iterator[dict[str, Any]]:
    """Settings for a store with an empty bus and a database of its own that knows the county."""
    with in_the_county(stack, DIRECTORY) as config:
        yield config


@pytest.fixture
def db(config: dict[str, Any]) -> Iterator[Db]:
    """That database."""
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    yield db
    db.client.close()


@pytest.fixture
def bus(container_factory: Containers, config: dict[str, Any]) -> Bus:
    """Somebody who publishes."""
    return bus_on(container_factory, config)


def send(bus: Bus, *messages: Message) -> None:
    """Publish messages of one kind."""
    bus.publish(*packed(messages, "trace"))


def idle(config: dict[str, Any]) -> bool:
    """Whether no rating waits for the store."""
    queues = (topology.STORE_RATINGS, topology.STORE_BACKLOG)
    return not any(waiting(config["AMQP_URI"], queue.name) for queue in queues)


def test_a_backlog_is_stored_once_and_the_bad_one_is_handed_on(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    presses = [press(level=1 if number == 7 else 5) for number in range(450)]
    send(bus, *presses)
    eventually(lambda: db["ratings"].count_documents({}) == 450)
    eventually(lambda: waiting(config["AMQP_URI"], topology.RECTIFY_RATINGS.name) == 1)
    [event] = taken(config["AMQP_URI"], topology.RECTIFY_RATINGS.name)
    assert presses[7].rating_id.encode() in event.body
    eventually(lambda: db["ratings"].count_documents({"outbox.id": {"$exists": True}}) == 0)


def test_a_store_that_dies_between_insert_and_acknowledgement_doubles_nothing(
    config: dict[str, Any],
    db: Db,
    bus: Bus,
    container_factory: Containers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The insert succeeds, then the connection is lost before anybody hears of it."""
    insert_many, lost = Collection.insert_many, [False]

    def inserts_then_dies(self: Any, documents: Any, **options: Any) -> Any:
        result = insert_many(self, documents, **options)
        if self.name == "ratings" and not lost[0]:
            lost[0] = True
            raise AutoReconnect("the answer was lost")
        return result

    monkeypatch.setattr(Collection, "insert_many", inserts_then_dies)
    container_factory(Store, config).start()
    send(bus, *(press() for _ in range(50)), press(level=2))
    eventually(lambda: lost[0] and idle(config))
    eventually(lambda: waiting(config["AMQP_URI"], topology.RECTIFY_RATINGS.name) == 1)
    assert db["ratings"].count_documents({}) == 51
    assert db["ratings"].count_documents({"repeats": {"$exists": True}}) == 0


def test_two_stores_killed_and_replaced_lose_and_double_nothing(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    first, second = container_factory(Store, config), container_factory(Store, config)
    first.start()
    second.start()
    for _ in range(10):
        send(bus, *(press() for _ in range(100)))
    first.kill()
    second.kill()
    container_factory(Store, config).start()
    eventually(lambda: db["ratings"].count_documents({}) == 1000)
    eventually(lambda: idle(config))
    assert db["ratings"].count_documents({}) == 1000


def test_an_append_that_overtook_its_first_rating_is_stored_after_it(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    send(bus, linked("A1", turn=2, level=1))
    eventually(lambda: waiting(config["AMQP_URI"], topology.delay_queue(5)) == 1)
    send(bus, linked("A1", level=1))
    eventually(lambda: db["ratings"].count_documents({}) == 2)


def test_the_unit_of_a_linked_rating_is_its_errands(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    send(bus, errand("A1", unit="land"))
    eventually(lambda: db["errands"].count_documents({}) == 1)
    send(bus, linked("A1", window="w1"))
    [rating] = eventually(lambda: list(db["ratings"].find()))
    assert rating["unit"] == "land"


def test_a_dead_letter_becomes_a_row_whose_payload_only_the_key_opens(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    bus.publish(Outgoing(topology.EVENTS, "rating.submitted", b'{"phone": "13800000000"}', "m1"))
    [row] = eventually(lambda: list(db["quarantine"].find()))
    assert (row["reason"], row["state"]) == ("malformed", "open")
    assert b"13800000000" not in row["sealed"]
    master_key = Path(config["HAOPING_MASTER_KEY_FILE"]).read_bytes()
    opened = Sealer(db, master_key).open(row["sealed"])
    assert opened == {"text": '{"phone": "13800000000"}'}


def test_the_last_seen_time_is_the_business_clocks(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    MovableClock(db).move_to(NOON)
    container_factory(Store, {**config, "HAOPING_CLOCK": "movable"}).start()
    send(bus, press(window="nowhere"))
    [row] = eventually(lambda: list(db["quarantine"].find()))
    assert abs((row["last_seen"] - NOON).total_seconds()) < 60


def counted(db: Db) -> tuple[int, int]:
    """How many ratings the recounted tallies hold for the tax office, and for the land bureau."""
    tallies, day = Tallies(db), date(2020, 3, 5)
    tallies.recompute()
    of_tax, of_land = (tallies.cells(day, day, frozenset({unit})) for unit in ("tax", "land"))
    return of_tax.total(), of_land.total()


def test_a_rating_that_overtook_its_errand_moves_to_the_errands_unit_and_so_do_the_figures(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    send(bus, linked("A1", window="w1", level=1, tags=("101", "510")))
    [stored] = eventually(lambda: list(db["ratings"].find()))
    assert stored["marks"] == ["retired_tag", "unknown_errand", "wrong_tag"]
    eventually(lambda: counted(db) == (1, 0))
    send(bus, errand("A1", unit="land"))
    eventually(lambda: db["ratings"].count_documents({"unit": "land", "version": 2}) == 1)
    eventually(lambda: counted(db) == (0, 1))
    [linked_now] = db["ratings"].find()
    assert linked_now["marks"] == ["retired_tag", "wrong_tag"]
    eventually(lambda: db["ratings"].count_documents({"outbox.id": {"$exists": True}}) == 0)


def test_a_press_that_names_no_errand_is_linked_when_its_rating_and_its_errand_are_here(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    """The errand comes first and waits, since it says which rating was given about it."""
    container_factory(Store, config).start()
    send(bus, errand("A1", unit="land", rated_as="r-1"))
    eventually(lambda: waiting(config["AMQP_URI"], topology.delay_queue(5)) == 1)
    send(bus, press(rating_id="r-1", window="w1"))
    eventually(lambda: db["ratings"].count_documents({"unit": "land"}) == 1)
    assert [each["links"][0]["rule"] for each in db["ratings"].find()] == ["rated_as"]


def test_an_errand_of_an_unknown_unit_waits_for_the_registry_in_the_work_list(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    send(bus, errand("A1", unit="nobody"), errand("A2"))
    [row] = eventually(lambda: list(db["quarantine"].find()))
    assert (row["reason"], row["kind"], row["state"]) == ("unknown_unit", "ErrandReported", "open")
    assert [each["_id"] for each in db["errands"].find()] == ["hall:A2:completed:1"]


def test_two_presses_within_seconds_are_marked_by_the_store_itself(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    store = container_factory(Store, config)
    store.start()
    send(bus, press(), press())
    eventually(lambda: db["unswept"].count_documents({}) > 0)
    with entrypoint_hook(store, "sweep") as sweep:
        sweep()
    assert sorted(len(each["marks"]) for each in db["ratings"].find()) == [0, 1]
    assert db["unswept"].count_documents({}) == 0


def test_a_window_that_was_registered_a_moment_ago_is_known(
    config: dict[str, Any], db: Db, bus: Bus, container_factory: Containers
) -> None:
    container_factory(Store, config).start()
    bus.publish(*packed([press()], "trace"))
    eventually(lambda: db["ratings"].count_documents({}) == 1)
    new = Window(id="w-new", name="新窗口", hall="大厅", unit=DIRECTORY.units[0].id)
    grown = Directory(
        version=DIRECTORY.version + 1,
        units=DIRECTORY.units,
        windows=(*DIRECTORY.windows, new),
        devices=DIRECTORY.devices,
        principals=DIRECTORY.principals,
    )
    content = {"version": grown.version, "directory": grown.model_dump(mode="json")}
    db[COLLECTION].replace_one({"_id": CURRENT}, content)
    bus.publish(*packed([press(window="w-new")], "trace"))
    eventually(lambda: db["ratings"].count_documents({}) == 2)
