"""The edge at its bounds over real HTTP: other encodings, too much, too often, odd methods."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from eventlet import GreenPool
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from nameko.containers import ServiceContainer
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.adapters.http.turns import AT_ONCE, SMALL_BYTES
from services.capture.service import Capture
from services.console.stack import Stack
from services.contracts import topology
from services.errors import Misconfigured
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import free_address, in_the_county, taken
from tests.integration.test_capture import form

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
HALL, KIOSK = {"Authorization": "Bearer h"}, {"Authorization": "Bearer k"}
NDJSON = {**HALL, "Content-Type": "application/x-ndjson"}
ZIPPED = {"Content-Encoding": "gzip"}
FEW, MANY, EACH = 500, 2000, 600
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def config(stack: Stack) -> Iterator[dict[str, Any]]:
    """Settings for an edge that knows the county, with an empty bus."""
    with in_the_county(stack, DIRECTORY, WEB_SERVER_ADDRESS=free_address("capture")) as config:
        yield config | {"HAOPING_LIMITS": {}}


@pytest.fixture
def edge(config: dict[str, Any], container_factory: Containers) -> Iterator[httpx.Client]:
    """A client of a running edge."""
    container_factory(Capture, config).start()
    with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}") as client:
        yield client


def on_the_bus(config: dict[str, Any]) -> int:
    """How many ratings wait for the store."""
    queues = (topology.STORE_RATINGS.name, topology.STORE_BACKLOG.name)
    letters = [letter for queue in queues for letter in taken(config["AMQP_URI"], queue)]
    return sum(len(json.loads(letter.body)["items"]) for letter in letters)


def lines(*items: Any) -> bytes:
    """Items as NDJSON."""
    return "\n".join(json.dumps(item) for item in items).encode()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_backlog_may_come_line_by_line_and_zipped(
    config: dict[str, Any], edge: httpx.Client, zipped: bool
) -> None:
    body = lines(form(), form(level=9), form()) + b'\n{"level": 5'
    content, headers = (gzip.compress(body), NDJSON | ZIPPED) if zipped else (body, NDJSON)
    answer = edge.post("/v1/ratings:batch", content=content, headers=headers).json()
    assert (answer["accepted"], answer["refused"]) == (2, 2)
    assert [each["status"] for each in answer["results"]] == [
        "accepted",
        "refused",
        "accepted",
        "refused",
    ]
    assert on_the_bus(config) == 2


def test_more_large_backlogs_than_there_are_turns_are_all_taken(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    backlog = lines(*(form() for _ in range(EACH)))
    assert len(backlog) > SMALL_BYTES
    senders = GreenPool(3 * AT_ONCE)
    answers = senders.imap(
        lambda _: edge.post("/v1/ratings:batch", content=backlog, headers=NDJSON).json(),
        range(3 * AT_ONCE),
    )
    assert [each["accepted"] for each in answers] == [EACH] * 3 * AT_ONCE
    assert on_the_bus(config) == EACH * 3 * AT_ONCE


def test_a_body_of_untold_length_is_taken_up_to_the_bound(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    """In chunks, as a client sends that reads from a file."""
    as_json = {**HALL, "Content-Type": "application/json"}
    body = json.dumps(form()).encode()
    chunks = (body[:20], body[20:])
    assert edge.post("/v1/ratings", content=iter(chunks), headers=as_json).status_code == 202
    endless = (b" " * 1024**2 for _ in range(9))
    answer = edge.post("/v1/ratings:batch", content=endless, headers=NDJSON)
    assert answer.status_code == 413
    assert on_the_bus(config) == 1


def test_a_gzip_bomb_is_refused_and_the_edge_lives_on(
    config: dict[str, Any], edge: httpx.Client
) -> None:
    bomb = gzip.compress(b" " * (100 * 1024 * 1024))
    answer = edge.post("/v1/ratings:batch", content=bomb, headers=NDJSON | ZIPPED)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    deep = b"[" * 100_000
    answer = edge.post("/v1/ratings:batch", content=deep, headers=NDJSON)
    assert answer.json()["refused"] == 1
    as_json = {**HALL, "Content-Type": "application/json"}
    assert edge.post("/v1/ratings:batch", content=deep, headers=as_json).status_code == 400
    assert on_the_bus(config) == 0
    assert edge.get("/healthz").status_code == 200


def test_who_asks_too_often_is_told_when_to_come_back(
    config: dict[str, Any], container_factory: Containers
) -> None:
    narrow = {**config, "HAOPING_LIMITS": {"requests": "3 per minute"}}
    container_factory(Capture, narrow).start()
    with web.Client(base_url=f"http://{config['WEB_SERVER_ADDRESS']}") as client:
        statuses = [
            client.post("/v1/ratings", json=form(), headers=HALL).status_code for _ in range(3)
        ]
        late = client.post("/v1/ratings", json=form(), headers=HALL)
        assert (statuses, late.status_code) == ([202] * 3, 429)
        assert 1 <= int(late.headers["Retry-After"]) <= 60
        assert client.post("/v1/ratings", json=form(), headers=KIOSK).status_code == 202
        assert client.get("/v1/time").status_code == 200


def test_methods_are_answered_as_http_wants_it(edge: httpx.Client) -> None:
    head = edge.head("/v1/time")
    assert (head.status_code, head.content) == (200, b"")
    options = edge.request("OPTIONS", "/v1/ratings")
    assert (options.status_code, options.headers["Allow"]) == (204, "OPTIONS, POST")
    wrong = edge.delete("/v1/time")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert wrong.json()["title"].startswith("Nothing answers this method at this address")
    assert edge.request("OPTIONS", "/v1/nothing").status_code == 404


def test_an_address_is_not_shared_with_whoever_listens_on_it_already(
    config: dict[str, Any], edge: httpx.Client, container_factory: Containers
) -> None:
    """Half of the presses would go to a process that was left over, or to somebody else's."""
    with pytest.raises(Misconfigured, match="another process listens on"):
        container_factory(Capture, config).start()
    assert edge.get("/v1/time").is_success


def test_the_served_document_is_valid(edge: httpx.Client) -> None:
    served = edge.get("/v1/openapi.json").json()
    OpenAPIV31SpecValidator(served).validate()
    assert "/v1/ratings:batch" in served["paths"]


def tried(
    edge: httpx.Client, operation: Any, mode: GenerationMode, examples: int, plate: str
) -> Counter[int]:
    """Send up to `examples` generated requests and check each answer; counts the statuses.

    Two thirds of those about a link are about a real one, which no generator would find.
    """
    headers = KIOSK if "devices" in operation.path else HALL
    statuses: Counter[int] = Counter()

    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if "token" in case.path_parameters and statuses.total() % 3:
            case.path_parameters["token"] = plate
        response = case.call(base_url=str(edge.base_url), headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    send()
    return statuses


@pytest.mark.parametrize("cases", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_nothing_that_is_sent_makes_the_edge_fail(edge: httpx.Client, cases: int) -> None:
    """Many cases, half of them meant to be wrong: no 5xx, and only what is described."""
    plate = edge.post("/v1/plates", json={"window": "w1"}, headers=HALL).json()["token"]
    schema: Any = schemathesis.openapi.from_dict(edge.get("/v1/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations()]
    plain = [each for each in operations if not len(each.body) and not [*each.iter_parameters()]]
    right = [(each, GenerationMode.POSITIVE) for each in operations if each not in plain]
    wrong = [(each, GenerationMode.NEGATIVE) for each in operations if len(each.body)]
    statuses: Counter[int] = Counter()
    for each in plain:
        statuses += tried(edge, each, GenerationMode.POSITIVE, 1, plate)
    share = (cases - statuses.total()) // len(right + wrong) + 1
    for each, mode in right + wrong:
        statuses += tried(edge, each, mode, share, plate)
    assert statuses.total() >= cases
    assert min(statuses[202], statuses[422]) > cases // 20, "both kinds of answers were tried"
