"""The work list over HTTP, the bus and the database: what was refused is mended and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from nameko.containers import ServiceContainer
from typer.testing import CliRunner

from services.adapters.bus import Bus, Outgoing, packed
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import token_hash
from services.console.app import program
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal, Window
from services.store.service import Store
from tests import web
from tests.county import DIRECTORY, press
from tests.integration.bus import bus_on, eventually, purge, settings

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
PEOPLE = (
    Principal(
        id="an", name="安", roles=frozenset({Role.ADMINISTRATOR}), token_hash=token_hash("a")
    ),
    Principal(id="wang", name="王", roles=frozenset({Role.SUPERVISOR}), token_hash=token_hash("w")),
)
W9 = Window(id="w9", name="9号窗口", hall="大厅", unit="land")


def registry(db: Db, version: int, *windows: Window) -> None:
    """Put a version of the county's registry in force."""
    county = Directory(
        version=version,
        units=DIRECTORY.units,
        windows=(*DIRECTORY.windows, *windows),
        principals=(*DIRECTORY.principals, *PEOPLE),
    )
    document = {"version": version, "directory": county.model_dump(mode="json")}
    db[COLLECTION].replace_one({"_id": CURRENT}, {"_id": CURRENT, **document}, upsert=True)


@pytest.fixture
def config(stack: Stack) -> dict[str, Any]:
    """Settings of a store that knows the county, with an empty bus."""
    purge(stack.amqp_uri)
    port = claim(("store",), {})["store"]
    return settings(stack, WEB_SERVER_ADDRESS=f"127.0.0.1:{port}")


@pytest.fixture
def db(config: dict[str, Any]) -> Iterator[Db]:
    """Its database."""
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    registry(db, 1)
    yield db
    db.client.drop_database(db.name)
    db.client.close()


@pytest.fixture
def bus(db: Db, config: dict[str, Any], container_factory: Containers) -> Bus:
    """Somebody who publishes, beside a running store."""
    container_factory(Store, config).start()
    return bus_on(container_factory, config)


def asked(config: dict[str, Any], who: str, method: str, path: str, **how: Any) -> httpx.Response:
    """What the store answers to somebody."""
    url = f"http://{config['WEB_SERVER_ADDRESS']}{path}"
    return web.request(method, url, headers={"Authorization": f"Bearer {who}"}, **how)


def test_a_window_is_registered_and_its_presses_are_replayed(
    config: dict[str, Any], db: Db, bus: Bus
) -> None:
    lost = [press(window="w9", level=1) for _ in range(3)]
    bus.publish(*packed(lost, "trace"))
    eventually(lambda: len(asked(config, "a", "GET", "/v1/quarantine").json()) == 3)
    first = f"/v1/quarantine/{lost[0].rating_id}"

    assert asked(config, "a", "POST", f"{first}:replay").status_code == 202
    seen = eventually(lambda: refused_twice(asked(config, "a", "GET", first).json()))
    assert (seen["state"], seen["reason"], seen["payload"]["window"]) == (
        "open",
        "unknown_window",
        "w9",
    )

    registry(db, 2, W9)
    eventually(lambda: db["ratings"].count_documents({}) or everything_again(config), 30)
    eventually(lambda: db["ratings"].count_documents({}) == 3)
    eventually(lambda: db["quarantine"].count_documents({"state": "closed"}) == 3)
    assert {each["unit"] for each in db["ratings"].find()} == {"land"}
    told = asked(config, "h", "GET", f"/v1/ratings/{lost[0].rating_id}").json()
    assert told["status"] == "stored"


def refused_twice(row: dict[str, Any]) -> dict[str, Any]:
    """The row once its replay was refused."""
    return row if row["count"] == 2 else {}


def everything_again(config: dict[str, Any]) -> bool:
    """Replay what is open; the store may not have read the new registry yet."""
    by_reason = {"reason": "unknown_window"}
    asked(config, "a", "POST", "/v1/quarantine:replay", json=by_reason)
    return False


def test_what_nobody_can_read_is_discarded_by_name(
    config: dict[str, Any], db: Db, bus: Bus
) -> None:
    bus.publish(Outgoing(topology.EVENTS, "rating.submitted", b"13800000000?", "m1"))
    [row] = eventually(lambda: asked(config, "w", "GET", "/v1/quarantine").json())
    address = f"/v1/quarantine/{row['id']}"
    shown = asked(config, "a", "GET", address)
    assert "13800000000" not in shown.text
    assert not shown.json()["replayable"]
    assert asked(config, "a", "POST", f"{address}:replay").status_code == 409
    assert asked(config, "w", "POST", f"{address}:discard", json={"reason": "x"}).status_code == 403
    done = asked(config, "a", "POST", f"{address}:discard", json={"reason": "line noise"}).json()
    assert (done["state"], done["history"][0]["by"]) == ("discarded", "an")
    assert asked(config, "a", "GET", "/v1/quarantine").json() == []
    assert db["quarantine"].count_documents({}) == 1


def test_a_list_leads_from_page_to_page(config: dict[str, Any], bus: Bus) -> None:
    bus.publish(*packed([press(window="w9") for _ in range(5)], "trace"))
    eventually(lambda: len(asked(config, "w", "GET", "/v1/quarantine").json()) == 5)
    page = asked(config, "w", "GET", "/v1/quarantine?limit=2&reason=unknown_window")
    found = [row["id"] for row in page.json()]
    while "next" in page.links:
        page = asked(config, "w", "GET", page.links["next"]["url"])
        found += [row["id"] for row in page.json()]
    assert len(found) == len(set(found)) == 5
    assert asked(config, "w", "GET", "/v1/quarantine?state=lost").status_code == 422
    assert asked(config, "w", "GET", "/v1/quarantine?cursor=x").status_code == 422


def test_the_command_does_what_the_address_does(config: dict[str, Any], db: Db, bus: Bus) -> None:
    lost = press(window="w9")
    bus.publish(*packed([lost], "trace"))
    eventually(lambda: db["quarantine"].count_documents({}))
    run = CliRunner(
        env={
            "HAOPING_TOKEN": "a",
            "HAOPING_STORE_URL": f"http://{config['WEB_SERVER_ADDRESS']}",
            "COLUMNS": "200",
        }
    ).invoke
    assert lost.rating_id in run(program("quarantine"), ["quarantine", "list"]).output
    assert (
        "w9 is not in the registry"
        in run(program("quarantine"), ["quarantine", "show", lost.rating_id]).output
    )
    assert (
        "replayed: 1" in run(program("quarantine"), ["quarantine", "replay", lost.rating_id]).output
    )
    eventually(
        lambda: (
            "refused_again"
            in run(program("quarantine"), ["quarantine", "show", lost.rating_id]).output
        )
    )
    discarded = run(
        program("quarantine"), ["quarantine", "discard", lost.rating_id, "--reason", "a test"]
    )
    assert "discard an a test" in discarded.output
    again = run(program("quarantine"), ["quarantine", "replay", lost.rating_id])
    assert "discarded" in again.exception.message  # type: ignore[union-attr]
