"""What an operator sees of services that run: what they count and measure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.console.permissions import services
from services.console.stack import Stack
from tests.integration.bus import eventually
from tests.integration.everybody import PLANTED, TOP, Everybody, press, town_of

pytestmark = pytest.mark.integration
Metrics = dict[tuple[str, frozenset[tuple[str, str]]], float]
SYSTEM = f"system@{TOP}"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[Everybody]:
    """All services in one process."""
    with town_of(stack, HAOPING_PROXIES="127.0.0.1") as everybody:
        yield everybody


def scraped(town: Everybody, service: str) -> httpx.Response:
    """What Prometheus is told."""
    return town.ask(service, "GET", "/metrics", None)


def read(answer: httpx.Response) -> Metrics:
    """The samples as Prometheus reads them."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(metrics: Metrics, name: str, **labels: str) -> float:
    """One sample; 0 when there is none yet."""
    return metrics.get((name, frozenset(labels.items())), 0.0)


def is_there(town: Everybody, rating_id: str, status: str) -> bool:
    """Whether the store tells the sender this about a press."""
    answer = town.ask("store", "GET", f"/v1/ratings/{rating_id}", SYSTEM)
    return answer.is_success and answer.json()["status"] == status


def test_a_press_is_counted_on_its_way_and_what_waits_is_measured(town: Everybody) -> None:
    before = read(scraped(town, "capture"))
    bad, lost = press(), press(window="nowhere")
    for said in (bad, lost):
        assert town.ask("capture", "POST", "/v1/ratings", SYSTEM, json=said).status_code == 202
    wrong = town.ask("capture", "POST", "/v1/ratings", SYSTEM, json=press(level=9))
    assert wrong.status_code == 422
    eventually(lambda: is_there(town, bad["rating_id"], "stored"))
    eventually(lambda: is_there(town, lost["rating_id"], "quarantined"))
    eventually(lambda: town.db["cases"].count_documents({}) == 1)
    eventually(lambda: town.db["touched"].count_documents({}) == 0)
    after = {name: read(scraped(town, name)) for name in services()}

    def more(name: str, **labels: str) -> float:
        return of(after["store"], name, **labels) - of(before, name, **labels)

    assert more("haoping_presses_total", protocol="http", outcome="accepted") == 2
    assert more("haoping_presses_total", protocol="http", outcome="refused") == 1
    route = {"method": "POST", "route": "/v1/ratings"}
    assert more("haoping_http_requests_total", **route, status="202") == 2
    assert more("haoping_http_requests_total", **route, status="422") == 1
    assert more("haoping_http_request_seconds_count", **route) == 3
    eventually(lambda: of_messages(town, "store.ratings") - of_messages_in(before) == 2)
    assert of(after["store"], "haoping_quarantine_rows", state="open") == 1
    assert of(after["rectify"], "haoping_cases_open") == 1
    assert of(after["rectify"], "haoping_cases_overdue") == 0
    assert of(after["score"], "haoping_tallies_waiting") == 0
    assert ("haoping_devices_silent", frozenset()) in after["store"]
    assert ("haoping_channels_silent", frozenset()) in after["store"]
    for name in ("ratings", "cases"):
        service = "store" if name == "ratings" else "rectify"
        assert of(after[service], "haoping_outbox_waiting", collection=name) == 0
    assert {name: of(each, "haoping_ready") for name, each in after.items()} == dict.fromkeys(
        services(), 1.0
    )


def of_messages_in(metrics: Metrics) -> float:
    """How many presses were handled for good."""
    return of(metrics, "haoping_messages_total", queue="store.ratings", outcome="done")


def of_messages(town: Everybody, queue: str) -> float:
    """The same, now; counted once the broker was told."""
    return of_messages_in(read(scraped(town, "store")))


def test_what_is_told_names_nobody_and_nothing_of_which_there_are_many(town: Everybody) -> None:
    said = press(device="kiosk-1")
    town.ask("capture", "POST", "/v1/ratings", SYSTEM, json=said)
    eventually(lambda: is_there(town, said["rating_id"], "stored"))
    for path in ("/receipt/0123456789abcdef", f"/{PLANTED[1]}", "/v1/cases/case-1"):
        town.ask("portal", "GET", path, None)
        town.ask("rectify", "GET", path, SYSTEM)
    town.http.request("STEAL", f"{town.urls['store']}/metrics")
    for name in services():
        text = scraped(town, name).text
        assert not UUID.search(text)
        for each in (*PLANTED, said["rating_id"], "kiosk-1", SYSTEM, "STEAL", "0123456789abcdef"):
            assert each not in text


def test_nobody_from_a_public_address_is_told_anything(town: Everybody) -> None:
    outside = {"X-Forwarded-For": "8.8.8.8"}
    for name in services():
        answer = town.ask(name, "GET", "/metrics", None, headers=outside)
        assert answer.status_code == 404
        assert "haoping_" not in answer.text
