"""Who sends too slowly, too much or without end, over real connections: cut, and nobody else is."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import eventlet
import pytest
from nameko.containers import ServiceContainer

from services.adapters.http import slowness
from services.capture.service import Capture
from services.console.stack import Stack
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import free_address, in_the_county
from tests.integration.everybody import press

pytestmark = pytest.mark.integration
SOON_S = 1.0
PATIENCE_S = 10.0
HALL = b"Authorization: Bearer h\r\nContent-Type: application/json\r\n"
LIFE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def edge(
    stack: Stack,
    container_factory: Callable[..., ServiceContainer],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[str, int]]:
    """Where an edge answers that has little patience."""
    monkeypatch.setattr(slowness, "HEAD_S", SOON_S)
    monkeypatch.setattr(slowness, "BODY_S", SOON_S)
    with in_the_county(stack, DIRECTORY, WEB_SERVER_ADDRESS=free_address("capture")) as config:
        container_factory(Capture, config).start()
        host, port = config["WEB_SERVER_ADDRESS"].split(":")
        yield host, int(port)


def said_to(edge: tuple[str, int], start: bytes, drip: bytes) -> tuple[bytes, float]:
    """Say something and go on bit by bit: what comes back, and after how long all is over."""
    began = time.monotonic()
    with closing(socket.create_connection(edge, PATIENCE_S)) as talking:
        talking.sendall(start)
        heard = b""
        while time.monotonic() - began < PATIENCE_S:
            talking.settimeout(0.1)
            try:
                piece = talking.recv(4096)
                heard += piece
                if not piece:
                    break
            except TimeoutError:
                pass
            except ConnectionError:
                break
            try:
                talking.sendall(drip)
            except OSError:
                break
    return heard, time.monotonic() - began


SLOW: dict[str, tuple[bytes, bytes, bytes]] = {
    "first line": (b"GET /heal", b"t", b" 408 "),
    "headers": (LIFE, b"X-Slow: 1\r\n", b" 408 "),
    "one header": (LIFE + b"X-Slow: ", b"1", b" 408 "),
    "body": (
        b"POST /v1/ratings HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n" + HALL + b"\r\n",
        b" ",
        b" 400 ",
    ),
    "chunks": (
        b"POST /v1/ratings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + HALL + b"\r\n",
        b"1\r\n \r\n",
        b" 400 ",
    ),
    "unwanted body": (
        b"POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n" + HALL + b"\r\n",
        b" ",
        b" 404 ",
    ),
}


def test_whoever_sends_bit_by_bit_is_cut_while_others_are_served(edge: tuple[str, int]) -> None:
    talks = {name: eventlet.spawn(said_to, edge, *how[:2]) for name, how in SLOW.items()}
    with web.Client(base_url=f"http://{edge[0]}:{edge[1]}") as client:
        eventlet.sleep(SOON_S / 2)
        assert client.get("/healthz").status_code == 200
    for name, talk in talks.items():
        heard, lasted = talk.wait()
        assert SLOW[name][2] in heard[:20], (name, heard)
        assert SOON_S / 2 < lasted < PATIENCE_S / 2, name


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (LIFE + b"X: y\r\n" * 150, {431}),
        (LIFE + b"X: " + b"y" * 9000 + b"\r\n", {400, 431}),
        (LIFE + b"".join(b"X%d: %s\r\n" % (n, b"y" * 1000) for n in range(60)), {400, 431}),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n", {414}),
        (LIFE + b"Content-Length: -1\r\n", {400}),
        (LIFE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", {400}),
    ],
)
def test_a_head_beyond_the_bounds_is_refused_without_a_word_about_us(
    edge: tuple[str, int], head: bytes, status: set[int]
) -> None:
    with closing(socket.create_connection(edge, PATIENCE_S)) as talking:
        talking.sendall(head + b"\r\n")
        heard = talking.recv(4096)
    assert int(heard.split(b" ", 2)[1]) in status
    assert not any(each in heard for each in (b"Python", b"eventlet", b"Traceback"))


def test_presses_under_the_same_head_are_each_read_for_themselves(edge: tuple[str, int]) -> None:
    """Also when they come in one piece, and when some reader might see a head end elsewhere."""
    bodies = [json.dumps(press()).encode() for _ in range(4)]
    bodies.append(b"{" + b" " * (len(bodies[0]) - 1))
    start = b"POST /v1/ratings HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(bodies[0])
    bare = start.replace(b"\r\nHost", b"\nHost")
    with closing(socket.create_connection(edge, PATIENCE_S)) as talking:
        talking.sendall(b"".join(start + HALL + b"\r\n" + body for body in bodies))
        talking.sendall(bare + HALL + b"\r\n" + bodies[0])
        talking.sendall(LIFE + b"Connection: close\r\n\r\n")
        with talking.makefile("rb") as answers:
            heard = answers.read()
    statuses = [int(each[:3]) for each in heard.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [202, 202, 202, 202, 400, 202, 200]
    assert all(json.loads(body)["rating_id"].encode() in heard for body in bodies[:4])


def test_what_strangers_send_writes_no_line_of_the_log(
    edge: tuple[str, int], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    forged = b"2026-11-27 INFO audit: all is well"
    for head in (
        b"GET /\r" + forged + b" HTTP/1.1\r\n\r\n",
        b"\x00" + forged + b"\r\n\r\n",
        LIFE + b"X-Name: a%0d%0a" + forged + b"\r\n\r\n",
        b"GET /v1/links/%0d%0a" + forged.replace(b" ", b"%20") + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with closing(socket.create_connection(edge, PATIENCE_S)) as talking:
            talking.sendall(head)
            talking.shutdown(socket.SHUT_WR)
            answer: Any = talking.recv(4096)
            assert b"\r\n" + forged not in answer
    assert forged.decode() not in caplog.text
    assert forged.decode() not in "".join(capfd.readouterr())
