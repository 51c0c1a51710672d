"""Where webhooks may be sent to: nobody has us speak to what only we can reach."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from services.adapters.settings import load_settings, networks_of
from services.adapters.webhooks import Sender
from services.contracts.origin import networks

NAME = "HAOPING_WEBHOOK_NETWORKS"
INWARD = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff0e::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::1]",
    "2130706433",
    "0x7f.1",
    "localhost",
]
ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:9/\r\n\r\n"


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A server that sends whoever asks elsewhere: its port, and what it was told."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(ANSWER % b"302 Found")

        serving = Thread(target=serve, daemon=True)
        serving.start()
        yield server.getsockname()[1], heard
        serving.join(5)


@pytest.mark.parametrize("host", INWARD)
def test_by_default_nothing_is_sent_to_an_address_that_is_not_public(host: str) -> None:
    answer = Sender(networks_of(load_settings(), NAME)).post(f"http://{host}:9/", {}, b"{}")
    assert (answer.delivered, NAME in answer.detail) == (False, True)


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("10.0.0.0/8", "http://127.0.0.1:9"),
        ("10.0.0.0/8", "http://[::1]:9"),
        ("10.0.0.0/8", "http://[::ffff:127.0.0.1]:9"),
        ("127.0.0.2/32", "http://127.0.0.1:9"),
    ],
)
def test_nothing_is_sent_outside_the_networks(listed: str, url: str) -> None:
    answer = Sender(networks(listed)).post(url, {}, b"{}")
    assert (answer.delivered, NAME in answer.detail) == (False, True)


def test_a_name_that_leads_inside_as_well_as_outside_is_not_spoken_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(0, 0, 0, "", (address, 80)) for address in ("203.0.114.7", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **how: found)
    assert NAME in Sender(()).post("http://both.example/", {}, b"{}").detail


def test_what_was_checked_is_what_is_spoken_to_whatever_the_name_says_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, *rest: Any, **how: Any) -> Any:
        """A name server whose first answer is allowed and whose later ones are not."""
        if host != "rebind.example":
            return real(host, *rest, **how)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.9", *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with listening() as (port, heard):
        answer = Sender(networks("127.0.0.1/32")).post(f"http://rebind.example:{port}/", {}, b"{}")
    assert (answer.detail, len(asked)) == ("HTTP 302", 1)
    assert f"Host: rebind.example:{port}".encode() in heard[0]


def test_nobody_is_led_on_by_a_redirection() -> None:
    with listening() as (port, heard):
        answer = Sender(networks("127.0.0.0/8")).post(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert (answer.delivered, answer.detail, len(heard)) == (False, "HTTP 302", 1)
