"""Fleets on a bad day over each protocol, on the real broker: every press is stored once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from nameko.containers import ServiceContainer
from typer.testing import CliRunner

from clients.python.haoping_kiosk import Kiosk
from clients.python.haoping_mqtt import MOST_BYTES, MqttLine
from services.adapters.bus.topology import declare
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.capture.service import Capture
from services.console.account import Line, complaints
from services.console.app import program
from services.console.doors import MqttDoor
from services.console.fleet import Device, Odds, Office, Way, fleet, names
from services.console.simulate import amqp_way, run
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.contracts.sequence import rating_id
from services.registry.service import Registry
from services.store.service import Store
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, in_the_county, waiting
from tests.integration.test_mqtt import broker_user

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
SERVICES = {"capture": Capture, "registry": Registry, "store": Store}
BAD_DAY = Odds(offline=200, answer_lost=300, clock_jumps=200, restarts=150, imaged_anew=60)
PATIENCE_S = 2


@dataclass
class Town:
    """The running services, and the broker that they run on."""

    stack: Stack
    office: Office
    db: Db

    def live(self, devices: list[Device], presses: int) -> list[Line]:
        """A bad day and the account of it."""
        return run(devices, presses, time.monotonic() + 40, "land")

    def stored(self) -> Counter[str]:
        """How often each rating is in the database: counted by nobody's word."""
        return Counter(each["rating_id"] for each in self.db["ratings"].find())


@pytest.fixture
def town(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """Edge, registry and store on real servers, with the county registered."""
    with in_the_county(stack, DIRECTORY, HAOPING_ADMIN_TOKEN_HASH=token_hash("root")) as config:
        ports = claim(tuple(SERVICES), {})
        for name, service in SERVICES.items():
            address = {"WEB_SERVER_ADDRESS": f"127.0.0.1:{ports[name]}"}
            container_factory(service, config | address).start()
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        with web.Client(timeout=30) as http:
            yield Town(stack, Office(http, urls, "root"), db)
        db.client.close()


def hall_url(stack: Stack) -> str:
    """The broker as the hall's system sees it."""
    password = broker_user(stack, "amqp-user", "hall")
    return f"amqp://system-hall:{password}@{stack.amqp_uri.split('@')[1]}"


def ways(stack: Stack, protocol: str, named: list[str]) -> list[Way]:
    """How presses travel."""
    made: dict[str, Callable[[], Way]] = {
        "http": Way,
        "mqtt": lambda: Way("mqtt", MqttDoor.opened(stack.layout, named).line),
        "amqp": lambda: amqp_way(hall_url(stack), "h"),
    }
    return [make() for name, make in made.items() if protocol in (name, "mixed")]


@pytest.mark.parametrize(
    ("protocol", "count"),
    [
        pytest.param("http", 2, marks=pytest.mark.slow),
        pytest.param("mqtt", 2, marks=pytest.mark.slow),
        pytest.param("amqp", 2, marks=pytest.mark.slow),
        ("mixed", 3),
    ],
)
def test_a_fleet_on_a_bad_day_reconciles(
    stack: Stack, town: Town, tmp_path: Path, protocol: str, count: int
) -> None:
    named = names(count, seed=7)
    spoken = ways(stack, protocol, named)
    devices = fleet(town.office, named, tmp_path, BAD_DAY, spoken)
    lines = town.live(devices, 20)
    assert list(complaints(devices, lines)) == []
    assert [(line.pressed, line.reconciles) for line in lines] == [(20, True)] * count
    stored = town.stored()
    assert set(stored.values()) == {1}
    may = {str(rating_id(each.name, *number)) for each in devices for number in each.numbers}
    wiped = {str(rating_id(each.name, *number)) for each in devices for number in each.wiped}
    assert may - wiped <= stored.keys() <= may
    assert town.db["quarantine"].count_documents({}) == 0


@pytest.fixture
def kiosk(town: Town, tmp_path: Path) -> Kiosk:
    """A kiosk that was enrolled a moment ago."""
    kiosk = Kiosk(str(tmp_path / "kiosk.db"), town.office.urls["capture"], town.office.http)
    town.office.enrol(kiosk, "kiosk-1")
    return kiosk


@pytest.fixture
def line(stack: Stack, kiosk: Kiosk) -> Iterator[MqttLine]:
    """The kiosk's line to the broker, with little patience."""
    password = broker_user(stack, "mqtt-user", "kiosk-1")
    line = MqttLine(kiosk, *stack.mqtt_address, password, patience_s=PATIENCE_S)
    yield line
    line.close()


def test_without_an_acknowledgement_a_press_stays_and_the_line_connects_anew(
    stack: Stack, town: Town, kiosk: Kiosk, line: MqttLine
) -> None:
    kiosk.press(5, "tablet")
    assert kiosk.flush(line.send) == 1
    eventually(lambda: len(town.stored()) == 1)
    kiosk.press(1, "tablet")
    with Connection(stack.amqp_uri) as connection:
        connection.default_channel.exchange_delete(topology.MQTT)
        with pytest.raises(OSError, match=r"acknowledge|sent"):
            kiosk.flush(line.send)
        declare(connection.default_channel)
    assert kiosk.count("outbox") == 1
    assert kiosk.flush(line.send) == 1
    eventually(lambda: len(town.stored()) == 2)
    assert kiosk.count("outbox") == 0


def test_a_device_with_another_password_keeps_its_press(
    stack: Stack, kiosk: Kiosk, line: MqttLine
) -> None:
    kiosk.press(5, "tablet")
    line.password = "guess"
    with pytest.raises(OSError, match="does not let device-kiosk-1 in"):
        kiosk.flush(line.send)
    assert kiosk.count("outbox") == 1


def test_a_long_outbox_travels_in_letters_that_fit(
    stack: Stack, town: Town, kiosk: Kiosk, line: MqttLine
) -> None:
    words = "排" * 1500
    count = 2 * MOST_BYTES // len(words.encode())
    for _ in range(count):
        kiosk.press(2, "tablet", comment=words)
    assert kiosk.flush(line.send) == count
    eventually(lambda: len(town.stored()) == count, 40)
    assert waiting(stack.amqp_uri, topology.DEAD_LETTERS) == 0


def test_the_command_says_that_everything_arrived(
    stack: Stack, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "services.console.simulate.at", lambda service, url: town.office.urls[service]
    )
    options: dict[str, Any] = {
        "--token": "root",
        "--unit": "land",
        "--devices": "3",
        "--presses": "5",
        "--protocol": "mixed",
        "--amqp-url": hall_url(stack),
        "--system-token": "h",
        "--state": str(stack.layout.state),
    }
    words = [word for option in options.items() for word in option]
    said = CliRunner(env={"COLUMNS": "200"}).invoke(program("simulate"), ["simulate", *words])
    assert said.exit_code == 0, said.output
    assert "is stored, once." in said.output
    assert {"http", "mqtt", "amqp"} <= set(said.output.split())
