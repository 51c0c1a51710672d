"""The edge over real HTTP and a real broker: 202 means durable, and a refusal says what to mend."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import eventlet
import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.bus import publisher as publishing
from services.adapters.registry import STALE_AFTER_S
from services.capture.service import Capture
from services.console.stack import Stack
from services.contracts import topology
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import free_address, in_the_county, line_to, taken

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
HALL, KIOSK = {"Authorization": "Bearer h"}, {"Authorization": "Bearer k"}
AT_ITS_ENDS = 3
"""So many are answered while a backlog is read and sent, even if all between gave way to nobody."""
EVERY_S = 0.2
"""How often somebody presses while the database is away."""


@pytest.fixture
def config(stack: Stack) -> Iterator[dict[str, Any]]:
    """Settings for an edge that knows the county, with an empty bus."""
    with in_the_county(stack, DIRECTORY, WEB_SERVER_ADDRESS=free_address("capture")) as config:
        yield config


@pytest.fixture
def edge(config: dict[str, Any], container_factory: Containers) -> Iterator[httpx.Client]:
    """A client of a running edge."""
    container_factory(Capture, config).start()
    with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}") as client:
        yield client


def form(**fields: Any) -> dict[str, Any]:
    """A press as an integrator sends it."""
    press = {"rating_id": str(uuid.uuid4()), "level": 5, "channel": "tablet", "window": "w1"}
    return {**press, "pressed_at": "2020-03-05T12:00:00+08:00", **fields}


def on_the_bus(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Every rating that waits for the store."""
    queues = (topology.STORE_RATINGS, topology.STORE_BACKLOG)
    letters = [each for queue in queues for each in taken(config["AMQP_URI"], queue.name)]
    return [item for letter in letters for item in json.loads(letter.body)["items"]]


def test_202_means_that_the_broker_holds_it(config: dict[str, Any], edge: httpx.Client) -> None:
    press = form(level=1, tags=["110"])
    answer = edge.post("/v1/ratings", json=press, headers=HALL)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert [each["rating_id"] for each in on_the_bus(config)] == [press["rating_id"]]


def test_what_the_rater_wrote_is_on_the_bus_only_as_ciphertext(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    personal = {"name": "欧阳小明", "phone": "13912345678", "comment": "窗口没人"}
    edge.post("/v1/ratings", json=form(**personal), headers=HALL)
    [event] = on_the_bus(config)
    text = json.dumps(event, ensure_ascii=False)
    assert [secret for secret in personal.values() if secret in text] == []
    assert event["sealed"]


def test_a_batch_takes_the_good_ones_and_explains_the_others(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    batch = [form(), form(level=9), form(colour="red"), form()]
    answer = edge.post("/v1/ratings:batch", json=batch, headers=HALL).json()
    assert (answer["accepted"], answer["refused"]) == (2, 2)
    pointers = [result.get("errors", [{}])[0].get("pointer") for result in answer["results"]]
    assert pointers == [None, "/level", "/colour", None]
    assert len(on_the_bus(config)) == 2


def test_a_backlog_of_five_thousand_travels_in_few_messages(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    answer = edge.post(
        "/v1/ratings:batch", json=[form() for _ in range(5000)], headers=HALL, timeout=60
    )
    assert answer.json()["accepted"] == 5000
    letters = taken(config["AMQP_URI"], topology.STORE_BACKLOG.name)
    assert 25 <= len(letters) <= 60


def test_a_citizen_is_answered_while_a_backlog_is_understood(edge: httpx.Client) -> None:
    weekend = [form(comment="周末等了很久") for _ in range(5000)]
    backlog = eventlet.spawn(edge.post, "/v1/ratings:batch", json=weekend, headers=HALL, timeout=60)
    answered = 0
    while not backlog.dead:
        edge.post("/v1/ratings", json=form(), headers=HALL).raise_for_status()
        answered += 1
    assert backlog.wait().json()["accepted"] == 5000
    assert answered > AT_ITS_ENDS


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        ({"json": form()}, 401, "Bearer"),
        ({"json": form(), "headers": {"Authorization": "Bearer guess"}}, 401, "credentials"),
        ({"json": form(device="kiosk-2"), "headers": KIOSK}, 403, "another device"),
        ({"content": b"{", "headers": {**HALL, "Content-Type": "application/json"}}, 400, "JSON"),
        ({"content": b"level=5", "headers": HALL}, 415, "application/json"),
        ({"json": form(level=0), "headers": HALL}, 422, "/level"),
        ({"json": [form()], "headers": HALL}, 422, "an object"),
    ],
)
def test_a_refusal_is_a_problem_that_says_what_to_mend(
    config: dict[str, Any], edge: httpx.Client, request_: dict[str, Any], status: int, says: str
) -> None:
    answer = edge.post("/v1/ratings", **request_)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert says in answer.text
    assert on_the_bus(config) == []


def test_a_device_may_not_report_errands(edge: httpx.Client) -> None:
    assert edge.post("/v1/errands", json={}, headers=KIOSK).status_code == 403


@pytest.mark.parametrize("address", ["/v1/rating", "/"])
def test_an_unknown_address_is_a_problem_too(edge: httpx.Client, address: str) -> None:
    answer = edge.get(address)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_a_body_beyond_the_limit_is_not_read(edge: httpx.Client) -> None:
    answer = edge.post(
        "/v1/ratings:batch",
        content=b" " * (9 * 1024 * 1024),
        headers={**HALL, "Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_while_the_broker_is_silent_nobody_is_told_202(
    config: dict[str, Any], container_factory: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CONFIRM_TIMEOUT_S", 1)
    with line_to(config["AMQP_URI"]) as line:
        container_factory(Capture, {**config, "AMQP_URI": line.uri}).start()
        with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}") as client:
            assert client.post("/v1/ratings", json=form(), headers=HALL).status_code == 202
            line.mute = True
            answer = client.post("/v1/ratings", json=form(), headers=HALL)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            line.mute = False
            assert client.post("/v1/ratings", json=form(), headers=HALL).status_code == 202


def test_while_the_database_is_away_presses_are_taken_all_the_same(
    stack: Stack, config: dict[str, Any], container_factory: Containers
) -> None:
    personal = {"phone": "13912345678", "comment": "窗口没人"}
    with line_to(stack.mongo_uri) as line:
        capture = container_factory(Capture, {**config, "MONGO_URI": line.uri})
        capture.start()
        with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}", timeout=30) as edge:

            def taken_by_the_edge() -> int:
                return edge.post("/v1/ratings", json=form(**personal), headers=HALL).status_code

            assert taken_by_the_edge() == 202
            line.close()
            long_gone = time.monotonic() + 2 * STALE_AFTER_S
            statuses = [202]
            while time.monotonic() < long_gone:
                statuses.append(taken_by_the_edge())
                eventlet.sleep(EVERY_S)
            capture.kill()
    assert set(statuses) == {202}
    assert len(on_the_bus(config)) == len(statuses)
