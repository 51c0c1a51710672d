"""Links over real HTTP: rated through once, a double submit absorbed, every refusal kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.clock import MovableClock
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.capture.service import Capture
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from tests import web
from tests.county import DIRECTORY, NOON
from tests.integration.bus import purge, settings, taken

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
HALL, KIOSK = {"Authorization": "Bearer h"}, {"Authorization": "Bearer k"}


@pytest.fixture
def config(stack: Stack) -> dict[str, Any]:
    """Settings of an edge in the county at noon, with an empty bus and a narrow plate."""
    purge(stack.amqp_uri)
    port = claim(("capture",), {})["capture"]
    config: dict[str, Any] = settings(
        stack, WEB_SERVER_ADDRESS=f"127.0.0.1:{port}", HAOPING_CLOCK="movable"
    )
    return {**config, "HAOPING_LIMITS": {"plate": "3 per minute"}}


@pytest.fixture
def db(config: dict[str, Any]) -> Iterator[Db]:
    """Its database."""
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    registry = {"version": DIRECTORY.version, "directory": DIRECTORY.model_dump(mode="json")}
    db[COLLECTION].insert_one({"_id": CURRENT, **registry})
    MovableClock(db).move_to(NOON)
    yield db
    db.client.drop_database(db.name)
    db.client.close()


@pytest.fixture
def edge(config: dict[str, Any], db: Db, container_factory: Containers) -> Iterator[httpx.Client]:
    """A client of a running edge."""
    container_factory(Capture, config).start()
    with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}") as client:
        yield client


def on_the_bus(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Every rating that waits for the store."""
    letters = taken(config["AMQP_URI"], topology.STORE_RATINGS.name)
    return [item for letter in letters for item in json.loads(letter.body)["items"]]


def link(edge: httpx.Client, **fields: Any) -> str:
    """The address of a new link about errand A1, good for a day."""
    about = {"channel": "sms", "source_system": "hall", "errand_number": "A1", "window": "w1"}
    body = {**about, "expires": (NOON + timedelta(days=1)).isoformat(), **fields}
    answer = edge.post("/v1/links", json=body, headers=HALL)
    assert answer.status_code == 201
    return f"/v1/links/{answer.json()['token']}"


def test_an_errand_is_rated_through_its_link_once(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    address = link(edge)
    shown = edge.get(address).json()
    assert (shown["state"], shown["window"], shown["levels"]["5"]) == (
        "open",
        "1号窗口",
        "非常满意",
    )
    said = {"level": 1, "tags": ["110"], "comment": "排队太久"}
    first = edge.post(f"{address}/rating", json=said)
    again = edge.post(f"{address}/rating", json=said)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["rating_id"] == again.json()["rating_id"]
    [event] = on_the_bus(config)
    assert (event["errand_number"], event["channel"], event["level"]) == ("A1", "sms", 1)
    assert (event["submitted_by"], event["has_text"]) == ("hall", True)
    assert edge.get(address).json()["state"] == "used"
    other = edge.post(f"{address}/rating", json={"level": 5})
    assert (other.status_code, "thank you" in other.json()["detail"]) == (410, True)
    assert on_the_bus(config) == []


def test_what_was_refused_does_not_use_up_the_link(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    address = link(edge)
    wrong = edge.post(f"{address}/rating", json={"level": 1, "tags": ["999"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/tags/0")
    assert edge.get(address).json()["state"] == "open"
    assert edge.post(f"{address}/rating", json={"level": 2}).status_code == 202
    assert [each["level"] for each in on_the_bus(config)] == [2]


def test_an_expired_link_says_so_kindly(db: Db, edge: httpx.Client) -> None:
    address = link(edge)
    MovableClock(db).move_to(NOON + timedelta(days=2))
    assert edge.get(address).json()["state"] == "expired"
    late = edge.post(f"{address}/rating", json={"level": 5})
    assert (late.status_code, "at the hall" in late.json()["detail"]) == (410, True)
    body = {"channel": "qr", "source_system": "hall", "errand_number": "A1"}
    past = edge.post("/v1/links", json={**body, "expires": NOON.isoformat()}, headers=HALL)
    assert past.json()["errors"][0]["pointer"] == "/expires"


def test_a_link_that_was_cut_short_is_kindly_unknown(edge: httpx.Client) -> None:
    address = link(edge)
    for path in (address[:-1], f"{address[:-1]}.svg", "/v1/links/x", f"{address}a/rating"):
        method = "POST" if path.endswith("rating") else "GET"
        answer = edge.request(method, path, json={"level": 5} if method == "POST" else None)
        assert (answer.status_code, "not one of ours" in answer.json()["detail"]) == (404, True)


def test_a_plate_is_used_again_and_again_but_not_too_often(
    config: dict[str, Any], db: Db, edge: httpx.Client
) -> None:
    nowhere = edge.post("/v1/plates", json={"window": "w9"}, headers=HALL)
    assert nowhere.status_code == 422
    plate = edge.post("/v1/plates", json={"window": "w1"}, headers=HALL).json()
    address = f"/v1/links/{plate['token']}"
    assert plate["expires"] is None
    MovableClock(db).move_to(NOON + timedelta(days=1000))
    answers = [edge.post(f"{address}/rating", json={"level": 5}) for _ in range(4)]
    assert [each.status_code for each in answers] == [202, 202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert edge.get(address).json()["state"] == "open"
    events = on_the_bus(config)
    assert [each["window"] for each in events] == ["w1"] * 3
    assert len({each["rating_id"] for each in events}) == 3


def test_a_picture_of_a_link_is_a_qr_code(edge: httpx.Client) -> None:
    picture = edge.get(f"{link(edge)}.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert ET.fromstring(picture.content).tag.endswith("svg")


def test_only_systems_and_administrators_issue_links(edge: httpx.Client) -> None:
    for path in ("/v1/links", "/v1/plates"):
        assert edge.post(path, json={}, headers=KIOSK).status_code == 403
        assert edge.post(path, json={}).status_code == 401
