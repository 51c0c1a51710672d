"""The pages over real TLS, by the certificate of the stack's own authority."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx
import pytest

from services.console.stack import Stack
from services.console.stack.ports import LOOPBACK
from tests import web

pytestmark = pytest.mark.integration
HOST = "hall.test"
PATIENCE_S = 20


@pytest.fixture(scope="module")
def pages(beside: Callable[..., Stack]) -> Iterator[Stack]:
    """The portal alone, served over HTTPS."""
    with beside("portal", tls=[HOST]) as running:
        yield running


def trusting(pages: Stack) -> ssl.SSLContext:
    """What a kiosk trusts once the authority's certificate has been installed on it."""
    return ssl.create_default_context(cafile=pages.authority)


def address(pages: Stack) -> tuple[str, int]:
    """Where the portal listens."""
    return LOOPBACK, httpx.URL(pages.url("portal")).port or 0


@contextmanager
def greeting(
    pages: Stack, name: str, trusts: ssl.SSLContext | None = None
) -> Iterator[ssl.SSLSocket]:
    """A connection on which nothing has been said yet, by who trusts the authority, or others."""
    plain = socket.create_connection(address(pages), PATIENCE_S)
    context = trusts or trusting(pages)
    with closing(
        context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
    ) as secured:
        yield secured


def test_whoever_trusts_the_authority_reads_the_pages(pages: Stack) -> None:
    assert pages.url("portal").startswith("https://127.0.0.1:")
    answer = web.get(pages.url("portal"), verify=trusting(pages), trust_env=False)
    assert (answer.status_code, "政务服务" in answer.text) == (200, True)


def test_the_pages_are_trusted_under_the_name_that_was_given_and_under_no_other(
    pages: Stack,
) -> None:
    assert pages.public_url.startswith(f"https://{HOST}:")
    with greeting(pages, HOST) as secured:
        secured.do_handshake()
        assert (secured.version() or "") >= "TLSv1.2"
    with greeting(pages, "other.test") as secured, pytest.raises(ssl.SSLCertVerificationError):
        secured.do_handshake()


def test_strangers_who_do_not_greet_or_talk_nonsense_are_left_alone(pages: Stack) -> None:
    silent = socket.create_connection(address(pages), PATIENCE_S)
    with closing(socket.create_connection(address(pages), PATIENCE_S)) as loud:
        loud.sendall(b"GET / HTTP/1.1\r\nHost: hall.test\r\n\r\n")
        loud.settimeout(PATIENCE_S)
        assert not loud.recv(4096).startswith(b"HTTP/1.1 200")
    unwary = greeting(pages, HOST, ssl.create_default_context())
    with unwary as stranger, pytest.raises(ssl.SSLCertVerificationError):
        stranger.do_handshake()
    with closing(silent):
        process = pages.pid("portal")
        for _ in range(3):
            answer = web.get(
                f"{pages.url('portal')}/healthz", verify=trusting(pages), trust_env=False
            )
            assert answer.status_code == 200
        assert pages.pid("portal") == process


def test_a_session_over_tls_is_never_sent_in_the_clear(pages: Stack) -> None:
    form = {"token": pages.admin_token, "next": "/"}
    answer = web.post(
        f"{pages.url('portal')}/signin", data=form, verify=trusting(pages), trust_env=False
    )
    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-haoping_session=")
