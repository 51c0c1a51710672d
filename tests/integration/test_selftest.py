"""`haoping selftest` on a running edge and store: what cannot pass is named, and alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from nameko.containers import ServiceContainer
from typer.testing import CliRunner, Result

from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import ROOT
from services.capture.service import Capture
from services.console.app import app
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.store.service import Store
from tests.county import DIRECTORY
from tests.integration.bus import purge, settings, waiting

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


def selftest(capture: str, store: str, *more: str) -> Result:
    """Run the command as the hall's system."""
    addresses = ("--capture-url", capture, "--store-url", store, "--token", "h")
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["selftest", *addresses, *more])


def without_sms(folder: Path) -> str:
    """A configuration whose rules do not know one channel."""
    rules = yaml.safe_load((ROOT / "config" / "rules" / "weiyuan.yaml").read_text("utf-8"))
    del rules["channels"]["by_code"]["sms"]
    (folder / "rules").mkdir()
    (folder / "rules" / "weiyuan.yaml").write_text(yaml.safe_dump(rules), "utf-8")
    tags = (ROOT / "config" / "rules" / "tags.yaml").read_text("utf-8")
    (folder / "rules" / "tags.yaml").write_text(tags, "utf-8")
    return str(folder)


def test_when_every_way_is_open_it_says_so_and_counts_nothing(
    stack: Stack, db: Db, running: Callable[..., str]
) -> None:
    result = selftest(running(Capture), running(Store), "--window", "w1")
    assert result.exit_code == 0, result.output
    assert result.output.count("ok") == 35
    assert db["probes"].count_documents({}) == 35
    for collection in ("ratings", "quarantine", "touched"):
        assert db[collection].count_documents({}) == 0
    assert waiting(stack.amqp_uri, topology.RECTIFY_RATINGS.name) == 0


def test_a_channel_that_is_closed_is_named_level_by_level(
    db: Db, running: Callable[..., str], tmp_path: Path
) -> None:
    store = running(Store, HAOPING_CONFIG_DIR=without_sms(tmp_path))
    result = selftest(running(Capture), store, "--window", "w1")
    assert result.exit_code == 1
    assert result.output.count("unknown_channel") == 5
    assert "sms level 1: refused by the store" in result.output
    assert (result.output.count("ok"), result.output.count("lost")) == (30, 5)


def test_what_never_arrives_is_lost_within_the_bound(running: Callable[..., str]) -> None:
    capture = running(Capture)
    result = selftest(capture, capture, "--unit", "tax", "--channel", "pc", "--within", "1")
    assert result.exit_code == 1
    assert result.output.count("not seen in the store in time") == 5


def test_an_edge_that_refuses_is_an_obstacle_too(running: Callable[..., str]) -> None:
    capture, channel = running(Capture), ("--channel", "pc", "--within", "1")
    result = selftest(capture, capture, "--window", "x" * 65, *channel)
    assert result.exit_code == 1
    assert result.output.count("refused by the edge") == 5
    assert selftest(capture, capture).exit_code == 2
