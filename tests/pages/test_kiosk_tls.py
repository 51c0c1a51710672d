"""A kiosk over HTTPS under the name of the hall, which is how one stands at a window."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser

from services.console.stack import Stack
from tests.pages.conftest import QUIET, chromium
from tests.pages.kiosks import QUESTION, AtKiosk, Place

pytestmark = pytest.mark.browser
HOST = "hall.test"


@pytest.fixture
def secured(hall: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal over TLS in front of the hall."""
    behind = {
        f"HAOPING_{name.upper()}_URL": hall.url(name) for name in ("capture", "registry", "store")
    }
    servers = {"AMQP_URI": hall.amqp_uri, "MONGO_URI": hall.mongo_uri, **behind}
    folder = tmp_path_factory.mktemp("tls")
    with Stack(folder, services=["portal"], environment=servers, tls=[HOST]) as running:
        yield running


def test_a_kiosk_over_https_works_offline(browser: Browser, hall: Stack, secured: Stack) -> None:
    assert secured.door.certificates
    pem = secured.door.certificates.certificate.read_bytes()
    arguments = [
        *QUIET,
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={pin(pem)}",
    ]
    assert httpx.URL(secured.public_url).host == HOST
    with closing(browser.browser_type.launch(executable_path=chromium(), args=arguments)) as other:
        context = other.new_context(base_url=secured.public_url)
        place = Place(hall)
        kiosk = AtKiosk.arrive(context, place).enrolled()
        assert kiosk.page.evaluate("window.isSecureContext")
        context.set_offline(True)
        kiosk.page.reload()
        kiosk.sees(QUESTION)
        kiosk.rate(3)
        context.set_offline(False)
        [rating] = place.stored(1)
        assert rating["level"] == 3


def pin(pem: bytes) -> str:
    """The public key of a certificate as the browser wants it named: base64 of its SHA-256."""
    key = x509.load_pem_x509_certificate(pem).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(hashlib.sha256(info).digest()).decode()
