"""Who comes in: so often from one address, whatever it says about itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Response

from services.adapters.http import Windows
from services.adapters.http.doorway import EACH_AT_ONCE, Doors, Doorway
from services.adapters.ledger.hop import HOP, hop_headers, remember
from services.adapters.ledger.record import Record
from services.adapters.settings import load_settings
from services.errors import Misconfigured

KEY = b"k" * 32
STRANGER, PROXY = "203.0.114.7", "10.0.0.2"
FEW = {"address": "3 per hour", "token": "2 per hour"}


def told(environ: Any, start_response: Any) -> Any:
    """Says who asks; nobody's token is anybody's."""
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("a secret")
    status = 401 if environ.get("HTTP_AUTHORIZATION") == "Bearer wrong" else 200
    return Response(environ["REMOTE_ADDR"], status)(environ, start_response)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The ledger's key."""
    path = tmp_path / "ledger.key"
    path.write_bytes(KEY)
    return path


def doorway(key_file: Path, limits: dict[str, str], proxies: str = "") -> Client:
    """A client of an application behind the doorway."""
    windows: Any = Windows()
    config = {
        "HAOPING_LIMITS": limits,
        "HAOPING_PROXIES": proxies,
        "HAOPING_LEDGER_KEY_FILE": str(key_file),
    }
    windows.container = SimpleNamespace(config=config)
    return Client(Doorway(told, config, windows))


def asks(client: Client, address: str, **headers: str) -> Any:
    """What somebody at this address is answered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/", headers=named, environ_overrides={"REMOTE_ADDR": address})


def test_proxies_that_are_none_stop_the_service_by_name(key_file: Path) -> None:
    with pytest.raises(Misconfigured, match="HAOPING_PROXIES"):
        doorway(key_file, FEW, proxies="10.0.0.0/8, nginx")


def test_an_address_that_asks_too_often_is_told_when_to_come_back(key_file: Path) -> None:
    client = doorway(key_file, FEW)
    answers = [asks(client, STRANGER) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert 3590 <= int(answers[-1].headers["Retry-After"]) <= 3600
    assert answers[-1].content_type == "application/problem+json"
    assert asks(client, "203.0.114.8").status_code == 200


def test_whoever_writes_another_address_into_a_header_gains_nothing(key_file: Path) -> None:
    client = doorway(key_file, FEW)
    answers = [asks(client, STRANGER, X_Forwarded_For=f"198.51.100.{n}") for n in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    forged = {HOP: "trace 127.0.0.1 9999999999 00"}
    assert asks(client, "203.0.114.9", **forged).text == "203.0.114.9"


def test_behind_our_own_proxy_each_visitor_is_counted_and_the_proxy_is_not(key_file: Path) -> None:
    client = doorway(key_file, FEW, f"{PROXY}/32")
    for visitor in ("198.51.100.1", "198.51.100.2"):
        statuses = [
            asks(client, PROXY, X_Forwarded_For=f"1.1.1.1, {visitor}").status_code for _ in range(4)
        ]
        assert statuses == [200, 200, 200, 429]
    assert {asks(client, PROXY).status_code for _ in range(9)} == {200}


def test_behind_our_own_pages_the_visitor_is_counted_and_not_the_pages(key_file: Path) -> None:
    client = doorway(key_file, FEW)
    remember(Record(key=KEY, address=STRANGER))
    try:
        sent = hop_headers()
    finally:
        remember(Record())
    answers = [asks(client, "127.0.0.1", **sent) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[0].text == STRANGER


def test_a_house_with_a_network_of_ipv6_is_one_address(key_file: Path) -> None:
    client = doorway(key_file, FEW)
    statuses = [asks(client, f"2001:db8:1:2::{n:x}").status_code for n in range(1, 5)]
    assert statuses == [200, 200, 200, 429]


def test_who_guesses_tokens_is_not_even_looked_at_after_a_few(key_file: Path) -> None:
    client = doorway(key_file, {**FEW, "address": "20000 per hour"})
    guess = EnvironBuilder(headers=[("Authorization", "Bearer wrong")]).get_environ()
    guess["REMOTE_ADDR"], statuses = STRANGER, Counter[str]()
    for _ in range(10_000):
        answer = client.run_wsgi_app(dict(guess))
        statuses.update([answer[1][:3]])
    assert statuses == {"401": 2, "429": 9_998}
    assert asks(client, STRANGER, Authorization="Bearer right").status_code == 429
    assert asks(client, "203.0.114.8", Authorization="Bearer right").status_code == 200
    assert asks(client, STRANGER).status_code == 200


def test_the_limits_of_the_settings_leave_room_for_a_hall_and_a_bench(key_file: Path) -> None:
    client = doorway(key_file, load_settings()["HAOPING_LIMITS"])
    assert {asks(client, "127.0.0.1").status_code for _ in range(8000)} == {200}
    assert {asks(client, STRANGER).status_code for _ in range(2000)} == {200}


def test_what_breaks_before_anybody_looks_is_logged_and_told_without_details(
    key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = doorway(key_file, FEW)
    answer = client.get("/broken", environ_overrides={"REMOTE_ADDR": STRANGER})
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "a secret" not in answer.text
    assert "a secret" in caplog.text


@given(st.lists(st.sampled_from([STRANGER, "203.0.114.8"]), max_size=3 * EACH_AT_ONCE))
def test_no_address_can_hold_more_connections_than_its_share(arrivals: list[str]) -> None:
    doors = Doors()
    entered = [doors.passed(address) for address in arrivals]
    welcome = [(address, each.__enter__()) for address, each in zip(arrivals, entered, strict=True)]
    for address in set(arrivals):
        admitted = [ok for other, ok in welcome if other == address]
        assert admitted == [n < EACH_AT_ONCE for n in range(len(admitted))]
    for each in entered:
        each.__exit__(None, None, None)
    with doors.passed(STRANGER) as again:
        assert again
