"""TLS on every wire by configuration: HTTP, AMQPS, MQTTS and MongoDB, by a throw-away authority."""

from __future__ import annotations

import gc
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from kombu import Connection
from nameko.containers import ServiceContainer
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from pymongo import timeout
from pymongo.errors import PyMongoError

from services.adapters import trust
from services.adapters.bus.connection import connected
from services.adapters.mongo import connect
from services.adapters.services import ServicesByName
from services.capture.service import Capture
from services.console.stack import Stack
from services.console.stack.certificates import Certificates, issue
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.processes import end_child
from services.contracts import topology
from services.errors import Unavailable
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, free_address, in_the_county, taken
from tests.integration.test_capture import form

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]
HALL = {"Authorization": "Bearer h"}
NOT_TRUSTED = (ssl.SSLError, OSError)


@pytest.fixture(autouse=True)
def private(stack: Stack) -> Iterator[None]:
    """Somebody else's broker has certificates of its own.

    Under eventlet a socket whose greeting failed is left to the garbage collector.
    """
    if not stack.pid("rabbitmq"):
        pytest.skip("only a private broker speaks TLS by our certificates")
    yield
    gc.collect()


@pytest.fixture(scope="module")
def authority(stack: Stack) -> str:
    """The throw-away authority."""
    return str(stack.authority)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What another authority has issued, for the same names."""
    return issue(tmp_path_factory.mktemp("stranger"), [])


def test_amqps_is_spoken_with_whom_our_authority_vouches_for(
    stack: Stack, authority: str, stranger: Certificates
) -> None:
    with connected(stack.amqps_uri, authority) as connection:
        secured = connection.connection.transport.sock
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}
    for trusted in (None, str(stranger.authority)):
        with pytest.raises(NOT_TRUSTED), connected(stack.amqps_uri, trusted):
            pass


def test_a_certificate_for_another_name_is_not_taken(
    stack: Stack, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **how: real(LOOPBACK if "other" in str(host) else host, *more, **how),
    )
    elsewhere = stack.amqps_uri.replace(f"@{LOOPBACK}", "@other.test")
    with pytest.raises(ssl.SSLCertVerificationError), connected(elsewhere, authority):
        pass


def test_a_press_goes_over_tls_from_the_pages_to_the_edge_and_on_to_the_bus(
    stack: Stack,
    authority: str,
    stranger: Certificates,
    container_factory: Callable[..., ServiceContainer],
) -> None:
    files = issue(stack.layout.secrets, [])
    address = free_address("capture")
    over = {
        "AMQP_URI": stack.amqps_uri,
        "HAOPING_CA_FILE": authority,
        "HAOPING_TLS_CERT": str(files.certificate),
        "HAOPING_TLS_KEY": str(files.key),
        "WEB_SERVER_ADDRESS": address,
    }
    with in_the_county(stack, DIRECTORY) as config:
        container_factory(Capture, config | over).start()
        asked = asking(address, authority).post("capture", "/v1/ratings", "h", form())
        assert asked["status"] == "accepted"
        assert len(taken(stack.amqp_uri, topology.STORE_RATINGS.name)) == 1
        with pytest.raises(Unavailable):
            asking(address, str(stranger.authority)).get("capture", "/healthz", None)
        with pytest.raises(httpx.HTTPError):
            web.get(f"http://{address}/healthz", trust_env=False)


def asking(address: str, authority: str) -> ServicesByName:
    """The pages, which find the edge at an https:// address."""
    pages: Any = ServicesByName()
    services = {"capture": f"https://{address}"}
    pages.container = SimpleNamespace(
        config={"HAOPING_SERVICES": services, trust.CA_FILE: authority}
    )
    return pages  # type: ignore[no-any-return]


def test_a_device_speaks_mqtt_over_tls(
    stack: Stack, authority: str, stranger: Certificates
) -> None:
    with Connection(stack.amqp_uri) as known:
        user, password = known.userid, known.password
    client = Client(CallbackAPIVersion.VERSION2, "kiosk-tls")
    client.username_pw_set(user, password)
    client.tls_set(ca_certs=authority)
    client.connect(*stack.mqtts_address)
    client.loop_start()
    try:
        sent = client.publish("haoping/v1/ratings/kiosk-tls", "{}", qos=1)
        assert eventually(sent.is_published)
    finally:
        client.disconnect()
        client.loop_stop()
    taken(stack.amqp_uri, topology.CAPTURE_RAW.name)
    unwary = Client(CallbackAPIVersion.VERSION2, "kiosk-tls")
    unwary.tls_set(ca_certs=str(stranger.authority))
    with pytest.raises(ssl.SSLCertVerificationError):
        unwary.connect(*stack.mqtts_address)


@pytest.fixture
def secured_database(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """A database that takes nothing but TLS."""
    files, port = issue(stack.layout.secrets, []), claim(("mongo",), {})["mongo"]
    (tmp_path / "none.toml").write_text("")
    command = [sys.executable, "-m", "secantus", "--host", LOOPBACK, "--port", str(port)]
    command += ["--storage-path", str(tmp_path / "data"), "--config", str(tmp_path / "none.toml")]
    command += ["--tls-cert-file", str(files.certificate), "--tls-key-file", str(files.key)]
    with subprocess.Popen(command, cwd=tmp_path) as server:
        try:
            yield f"mongodb://{LOOPBACK}:{port}/?directConnection=true&tls=true"
        finally:
            end_child(server)


def test_the_database_is_spoken_to_over_tls(
    secured_database: str, authority: str, stranger: Certificates
) -> None:

    def answers(uri: str, trusted: str | None) -> bool:
        with suppress(PyMongoError), connect(uri, "wires", trusted).client as client, timeout(1):
            return bool(client.admin.command("ping")["ok"])
        return False

    eventually(lambda: answers(secured_database, authority))
    assert not answers(secured_database, None)
    assert not answers(secured_database, str(stranger.authority))
    assert not answers(secured_database.replace("tls=true", "tls=false"), authority)
