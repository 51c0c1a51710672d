"""`haoping selftest` on a running edge and store: what cannot pass is named, and alarms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from kombu import Connection
from nameko.containers import ServiceContainer
from typer.testing import CliRunner, Result

from clients.python.haoping_kiosk import Kiosk
from services.adapters.bus.topology import declare
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import ROOT, token_hash
from services.capture.service import Capture
from services.console.app import program
from services.console.fleet import Office
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.registry.service import Registry
from services.store.service import Store
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import consumers, eventually, purge, settings, taken, waiting
from tests.integration.test_mqtt import broker_user

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]


@pytest.fixture
def db(stack: Stack) -> Iterator[Db]:
    """A database that knows the county, and an empty bus."""
    purge(stack.amqp_uri)
    db = connect(stack.mongo_uri, settings(stack)["MONGO_DATABASE"])
    registry = {"version": DIRECTORY.version, "directory": DIRECTORY.model_dump(mode="json")}
    db[COLLECTION].insert_one({"_id": CURRENT, **registry})
    yield db
    db.client.drop_database(db.name)
    db.client.close()


@pytest.fixture
def running(stack: Stack, db: Db, container_factory: Containers) -> Callable[..., str]:
    """Start a service on this database; its address."""

    def start(service: type, **over: str) -> str:
        port = claim((service.__name__,), {})[service.__name__]
        address = f"127.0.0.1:{port}"
        own = {"MONGO_DATABASE": db.name, "WEB_SERVER_ADDRESS": address}
        container_factory(service, settings(stack, **own, **over)).start()
        return f"http://{address}"

    return start


@pytest.fixture
def ways(stack: Stack, db: Db, running: Callable[..., str], tmp_path: Path) -> list[str]:
    """An edge and a store, a device enrolled for probes, and users on the broker."""
    capture, registry = (
        running(Capture),
        running(Registry, HAOPING_ADMIN_TOKEN_HASH=token_hash("r")),
    )
    urls = {"capture": capture, "registry": registry}
    file = tmp_path / "selftest.db"
    with web.Client(timeout=30) as http:
        kiosk = Kiosk(str(file), capture, http)
        Office(http, urls, "r").enrol(kiosk, "kiosk-1")
        kiosk.db.close()
    host, port = stack.mqtt_address
    device = f"device-kiosk-1:{broker_user(stack, 'mqtt-user', 'kiosk-1')}"
    system = f"system-hall:{broker_user(stack, 'amqp-user', 'hall')}"
    return [
        *("--mqtt-url", f"mqtt://{device}@{host}:{port}", "--kiosk", str(file)),
        *("--amqp-url", f"amqp://{system}@{stack.amqp_uri.split('@')[1]}"),
        *("--capture-url", capture),
    ]


CONSUMED = ("store.ratings", "store.backlog", "store.errands", "store.commands", "dead.letters")
"""Whoever begins to consume puts the topology in place first."""

HTTP_ONLY = ("--without", "mqtt", "--without", "amqp")
EVERY = 5 * (4 * 7 + 2 + 1)
"""Levels, times seven channels on four paths, two that links go out by, and the plate's."""


def selftest(*options: str) -> Result:
    """Run the command as the hall's system."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        program("selftest"), ["selftest", "--token", "h", *options]
    )


def over_http(capture: str, store: str, *more: str) -> Result:
    """Without the broker's own protocols."""
    return selftest("--capture-url", capture, "--store-url", store, *HTTP_ONLY, *more)


def cells(result: Result, word: str) -> int:
    """How many cells of the table say this."""
    return len(re.findall(rf"│ {word} ", result.output))


def without_sms(folder: Path) -> str:
    """A configuration whose rules do not know one channel."""
    rules = yaml.safe_load((ROOT / "config" / "rules" / "weiyuan.yaml").read_text("utf-8"))
    del rules["channels"]["by_code"]["sms"]
    (folder / "rules").mkdir()
    (folder / "rules" / "weiyuan.yaml").write_text(yaml.safe_dump(rules), "utf-8")
    for unchanged in ("rules/tags.yaml", "privacy.yaml"):
        (folder / unchanged).write_text((ROOT / "config" / unchanged).read_text("utf-8"), "utf-8")
    return str(folder)


def counts_nothing(db: Db) -> bool:
    """Whether nothing but the probes is there, and no sequence was used up."""
    collections = ("ratings", "quarantine", "touched", "heartbeats")
    return all(db[name].count_documents({}) == 0 for name in collections)


def test_when_every_way_is_open_it_says_so_and_counts_nothing(
    stack: Stack, db: Db, running: Callable[..., str], ways: list[str]
) -> None:
    store = running(Store)
    for _ in range(2):
        result = selftest(*ways, "--store-url", store, "--window", "w1")
        assert result.exit_code == 0, result.output
        assert cells(result, "ok") == EVERY
    assert counts_nothing(db)
    assert db["probes"].count_documents({}) == 2 * EVERY
    assert waiting(stack.amqp_uri, topology.RECTIFY_RATINGS.name) == 0
    assert taken(stack.amqp_uri, topology.DEAD_LETTERS) == []


def test_a_channel_that_is_closed_is_named_path_by_path(
    db: Db, running: Callable[..., str], ways: list[str], tmp_path: Path
) -> None:
    store = running(Store, HAOPING_CONFIG_DIR=without_sms(tmp_path))
    result = selftest(*ways, "--store-url", store, "--window", "w1")
    assert result.exit_code == 1
    for path in ("http", "batch", "link", "mqtt", "amqp"):
        assert f"sms over {path}, level 5, 4, 3, 2, 1: refused by the store" in result.output
    assert result.output.count("mend the rules or the registry") == 5
    assert (cells(result, "ok"), cells(result, "lost")) == (EVERY - 25, 25)
    assert counts_nothing(db)


def test_a_way_that_leads_nowhere_is_named_though_it_acknowledges(
    stack: Stack, db: Db, running: Callable[..., str], ways: list[str]
) -> None:
    store, pattern = running(Store), topology.raw_key("*")
    options = ("--store-url", store, "--unit", "tax", "--channel", "pc", "--within", "3")
    eventually(lambda: all(consumers(stack.amqp_uri, queue) for queue in CONSUMED))
    assert over_http(ways[-1], store, "--unit", "tax", "--channel", "pc").exit_code == 0
    with Connection(stack.amqp_uri) as connection:
        connection.default_channel.queue_unbind(topology.CAPTURE_RAW.name, topology.MQTT, pattern)
        result = selftest(*ways, *options)
        declare(connection.default_channel)
    assert result.exit_code == 1
    assert "pc over mqtt, level 5, 4, 3, 2, 1: " in result.output
    assert (cells(result, "ok"), cells(result, "lost")) == (15, 5)


def test_what_never_arrives_is_lost_within_the_bound(running: Callable[..., str]) -> None:
    capture = running(Capture)
    result = over_http(capture, capture, "--unit", "tax", "--channel", "pc", "--within", "1")
    assert result.exit_code == 1
    assert "pc over http, level 5, 4, 3, 2, 1: sent, and not seen in the store" in result.output
    assert result.output.count("see with `haoping doctor`") == 2


def test_an_edge_that_refuses_is_an_obstacle_too(running: Callable[..., str]) -> None:
    capture, channel = running(Capture), ("--channel", "pc", "--within", "1")
    result = over_http(capture, capture, "--window", "x" * 65, *channel)
    assert result.exit_code == 1
    assert result.output.count("refused by the edge") == 2
    assert selftest(*HTTP_ONLY, "--capture-url", capture, "--store-url", capture).exit_code == 2


def test_a_path_that_cannot_be_tried_is_no_silence(
    db: Db, running: Callable[..., str], tmp_path: Path
) -> None:
    urls = ("--capture-url", running(Capture), "--store-url", running(Store))
    state = ("--state", str(tmp_path / "empty"))
    result = selftest(*urls, *state, "--unit", "tax", "--channel", "pc")
    assert result.exit_code == 1
    assert "pc over mqtt, level 5, 4, 3, 2, 1: not tried: name --mqtt-url" in result.output
    assert "pc over amqp, level 5, 4, 3, 2, 1: not tried: name --amqp-url" in result.output
    assert cells(result, "ok") == 10


@pytest.mark.slow
def test_while_the_broker_is_down_it_fails_cleanly_and_says_so(
    stack: Stack, db: Db, running: Callable[..., str], ways: list[str]
) -> None:
    nowhere = "amqp://guest:guest@127.0.0.1:1//"
    store, capture = running(Store), running(Capture, AMQP_URI=nowhere)
    away = ways[: ways.index("--amqp-url")]
    away[1] = "mqtt://device-kiosk-1:x@127.0.0.1:1"
    urls = ("--amqp-url", "amqp://system-hall:x@127.0.0.1:1/", "--capture-url", capture)
    only = ("--channel", "qr", "--without", "link", "--without", "plate")
    result = selftest(*away, *urls, "--store-url", store, "--window", "w1", *only)
    assert result.exit_code == 1
    assert "The broker cannot be reached" in result.output
    for path in ("http", "batch", "mqtt", "amqp"):
        assert f"qr over {path}, level 5, 4, 3, 2, 1: refused by" in result.output
    assert counts_nothing(db)
