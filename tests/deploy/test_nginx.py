"""The way in, on a real nginx: who is asked, what they are told of the asker, what stays inside."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.console.stack.application import ALL
from services.console.stack.ports import LOOPBACK
from services.errors import NotFound
from services.portal.gateway import OWNERS, owner
from tests.deploy import front
from tests.deploy.project import ROOT

pytestmark = pytest.mark.skipif(front.NGINX is None, reason=front.ABSENT)
INTEGRATING = [
    page
    for page in sorted((ROOT / "docs").glob("integrating-*.md"))
    if re.search(r"the address(es)? of `", page.read_text("utf-8"))
]
AWAY = "score"
"""A service that does not run here."""
PATHS = (
    *(path for _, path in OWNERS),
    *("ratings/1/append", "links/abc", "links/abc.svg", "devices/me/config", "devices/d:code"),
    *("time/zone", "cases", "ratings:other", "openapi.json"),
)


class Telling(BaseHTTPRequestHandler):
    """Stands where a service would be and says what it was asked, and by whom."""

    name: str

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        told = {"service": self.name, "asked": self.path, "headers": dict(self.headers)}
        body = json.dumps({**told, "bytes": len(self.rfile.read(length))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as http.server wants it

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """nginx in front of something that answers for every service but one."""
    with ExitStack() as stacked:
        addresses = {AWAY: f"{LOOPBACK}:1"}
        for name in {*ALL} - {AWAY}:
            handler = type(name, (Telling,), {"name": name})
            server = stacked.enter_context(ThreadingHTTPServer((LOOPBACK, 0), handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stacked.callback(server.shutdown)
            addresses[name] = f"{LOOPBACK}:{server.server_port}"
        folder = tmp_path_factory.mktemp("nginx")
        yield stacked.enter_context(front.running(folder, addresses))


@pytest.fixture
def http(ports: dict[str, int]) -> Iterator[httpx.Client]:
    """Somebody outside."""
    address = f"https://{LOOPBACK}:{ports['443']}"
    with httpx.Client(base_url=address, verify=False, trust_env=False) as client:
        yield client


def asked(answer: httpx.Response) -> dict[str, Any]:
    """What the service behind was asked."""
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("where", ["containers.conf", "one-machine.conf"])
def test_nginx_takes_what_is_delivered(where: str, tmp_path: Path) -> None:
    front.laid_out(tmp_path, (front.CONFIGURATION / where).read_text())
    assert front.checked(tmp_path) == ""


def test_nginx_sees_a_mistake(tmp_path: Path) -> None:
    front.laid_out(tmp_path, "map $service {}")
    assert "where.conf" in front.checked(tmp_path)


def test_what_a_kiosk_asks_goes_to_whom_the_gateway_would_ask(http: httpx.Client) -> None:
    for method in ("GET", "POST"):
        for path in PATHS:
            try:
                wanted = owner(method, path)
            except NotFound:
                wanted = "portal"
            told = asked(http.request(method, f"/v1/{path}"))
            assert told["service"] == wanted, f"{method} {path}"
            assert told["asked"] == f"/v1/{path}"


@pytest.mark.parametrize("name", sorted({*ALL} - {AWAY, "portal"}))
def test_the_api_of_each_service_has_an_address_of_its_own(name: str, http: httpx.Client) -> None:
    told = asked(http.get(f"/api/{name}/v1/quarantine/a%2Fb%20c?x=%C3%A9"))
    assert told["service"] == name
    assert told["asked"] == "/v1/quarantine/a%2Fb%20c?x=%C3%A9"


@pytest.mark.parametrize("page", INTEGRATING, ids=lambda page: page.stem)
def test_what_an_integrator_is_told_is_where_the_service_answers(
    page: Path, http: httpx.Client
) -> None:
    """Under it the example of a page asks what it would ask of the service itself."""
    named = re.findall(r"https://HOST(/api/(\w+))", page.read_text("utf-8"))
    assert named
    for address, name in named:
        answer = http.get(f"{address}/v1/cases")
        if name == AWAY:
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        else:
            told = asked(answer)
            assert (told["service"], told["asked"]) == (name, "/v1/cases")


@pytest.mark.parametrize("path", ["/", "/work", "/api/portal/v1/x", "/api/store/metrics"])
def test_everything_else_is_a_page(path: str, http: httpx.Client) -> None:
    told = asked(http.get(path))
    assert (told["service"], told["asked"]) == ("portal", path)


@pytest.mark.parametrize("path", ["/metrics", "/metrics?x", "//metrics", "/a/../metrics"])
def test_counts_are_not_shown_to_the_outside(path: str, ports: dict[str, int]) -> None:
    """Sent as it is: a well-behaved client would mend the path."""
    line = HTTPSConnection(LOOPBACK, ports["443"], context=ssl._create_unverified_context())
    with closing(line):
        line.request("GET", path)
        assert line.getresponse().status == 404


def test_the_asker_is_told_last_whatever_it_says_itself(http: httpx.Client) -> None:
    told = asked(http.get("/", headers={"X-Forwarded-For": "203.0.113.9"}))
    assert told["headers"]["X-Forwarded-For"] == f"203.0.113.9, {LOOPBACK}"
    assert told["headers"]["Host"] == http.base_url.netloc.decode()


def test_the_promise_of_tls_is_made_once_and_other_headers_are_left_to_the_pages(
    http: httpx.Client,
) -> None:
    answer = http.get("/")
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["Server"] == "nginx"


def test_a_service_that_is_away_is_said_as_our_services_say_it(http: httpx.Client) -> None:
    answer = http.get(f"/api/{AWAY}/v1/tallies")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["type"] == "urn:haoping:problem:Unavailable"


def test_the_largest_file_of_evidence_passes_and_nothing_much_larger(http: httpx.Client) -> None:
    assert asked(http.post("/work", content=bytes(11 * 1024**2)))["bytes"] == 11 * 1024**2
    assert http.post("/work", content=bytes(13 * 1024**2)).status_code == 413


def test_plain_http_is_led_to_tls_and_answers_only_for_nginx_itself(ports: dict[str, int]) -> None:
    plain = f"http://{LOOPBACK}:{ports['80']}"
    with httpx.Client(trust_env=False) as client:
        led = client.get(f"{plain}/r/abc?x=1")
        assert led.status_code == 308
        assert led.headers["Location"] == f"https://{LOOPBACK}/r/abc?x=1"
        assert client.get(f"{plain}/healthz").text == "nginx\n"


def test_no_address_of_a_citizen_is_written_into_a_log(
    http: httpx.Client, ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    http.get("/r/planted-token")
    http.get(f"/api/{AWAY}/v1/planted-token")
    for log in tmp_path_factory.getbasetemp().glob("nginx*/*.log"):
        assert "planted-token" not in log.read_text()
