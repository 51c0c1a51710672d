"""An identity provider is spoken to in secret, or not at all; sessions last as the settings say."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from services.adapters.lasting import Lasting
from services.adapters.openid import IdentityProvider, demand_secure
from services.adapters.trust import CA_FILE, context
from services.console.stack.certificates import Certificates, issue
from services.errors import Misconfigured, NotAuthenticated, Unavailable

BACK = "https://haoping.example/signin/openid/back"


class Provider(BaseHTTPRequestHandler):
    """Says where it is, and knows no code that anybody brings."""

    def do_GET(self) -> None:
        """What is to be known of it."""
        issuer = f"https://{self.headers['Host']}"
        ends = ("authorization_endpoint", "jwks_uri", "token_endpoint")
        self._say(200, {"issuer": issuer, **dict.fromkeys(ends, f"{issuer}/x")})

    def do_POST(self) -> None:
        """No token."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(400, {"error": "invalid_grant"})

    def _say(self, status: int, said: dict[str, str]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """A provider's, by the authority of an intranet."""
    return issue(tmp_path, ["localhost"])


@pytest.fixture
def issuer(certificates: Certificates) -> Iterator[str]:
    """The address of a provider whose certificate no machine knows."""
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(certificates.certificate, certificates.key)
    with HTTPServer(("127.0.0.1", 0), Provider) as server:
        server.socket = secured.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()


def provider(issuer: str, own: str = "") -> IdentityProvider:
    """The provider as an installation knows it that trusts this authority, too."""
    trusted = context({CA_FILE: own})
    return IdentityProvider(issuer, "haoping", "secret", BACK, trusted=trusted)


def test_a_provider_is_believed_by_the_authority_of_an_intranet(
    issuer: str, certificates: Certificates
) -> None:
    known = provider(issuer, str(certificates.authority))
    begun = known.begin()
    assert begun.url.startswith(f"{issuer}/x?")
    with pytest.raises(NotAuthenticated):
        known.claims("a code that nobody gave out", begun.nonce, begun.verifier)


def test_a_provider_whom_no_authority_vouches_for_is_not_spoken_to(issuer: str) -> None:
    with pytest.raises(Unavailable):
        provider(issuer).begin()


@pytest.mark.parametrize(
    "url", ["https://sso.example.gov.cn", "http://127.0.0.1:8080", "http://[::1]:1/x"]
)
def test_a_provider_over_tls_or_on_this_machine_is_taken(url: str) -> None:
    demand_secure(url)


@pytest.mark.parametrize(
    "url",
    ["http://sso.example.gov.cn", "http://10.0.0.1", "http://127.0.0.1.evil.test", ""],
)
def test_no_secret_goes_to_a_provider_in_the_clear(url: str) -> None:
    with pytest.raises(Misconfigured):
        demand_secure(url)


def test_a_sign_in_lasts_a_working_day_and_half_an_hour_unless_the_settings_say_otherwise() -> None:
    assert Lasting.of({}) == Lasting(timedelta(hours=12), timedelta(minutes=30), None)
    said = {
        "HAOPING_SESSION_HOURS": 8,
        "HAOPING_SESSION_IDLE_MINUTES": 15,
        "HAOPING_PASSWORD_DAYS": 90,
    }
    wanted = Lasting(timedelta(hours=8), timedelta(minutes=15), timedelta(days=90))
    assert Lasting.of(said) == wanted
