"""Asking over TLS: whoever signed for the services of this installation is believed."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.adapters.trust import CA_FILE
from services.console.app import program
from services.console.stack.certificates import Certificates, issue
from services.console.stack.ports import LOOPBACK

ENTRIES = b"number,at\n1,2020-03-05\n"


class Registry(BaseHTTPRequestHandler):
    """Stands where the registry would be and hands out its audit."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(ENTRIES)))
        self.end_headers()
        self.wfile.write(ENTRIES)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Those of an authority of our own, which no machine knows."""
    return issue(tmp_path, ())


@pytest.fixture
def registry(certificates: Certificates) -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer((LOOPBACK, 0), Registry)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(certificates.certificate, certificates.key)
    server.socket = secured.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    server.server_close()


def export(registry: str, file: Path, **environment: str) -> Any:
    """Take the audit out."""
    asked = ["audit", "export", str(file), "--url", registry, "--token", "mine"]
    return CliRunner(env=environment).invoke(program("audit"), asked)


def test_the_audit_is_taken_out_of_a_service_with_a_certificate_of_one_s_own(
    registry: str, certificates: Certificates, tmp_path: Path
) -> None:
    done = export(registry, tmp_path / "audit.csv", **{CA_FILE: str(certificates.authority)})
    assert done.exit_code == 0, done.exception
    assert (tmp_path / "audit.csv").read_bytes() == ENTRIES


def test_a_stranger_s_certificate_is_told_in_a_sentence(registry: str, tmp_path: Path) -> None:
    done = export(registry, tmp_path / "audit.csv")
    assert f"{registry} does not answer" in str(done.exception)
    assert "CERTIFICATE_VERIFY_FAILED" in str(done.exception)
    assert not (tmp_path / "audit.csv").exists()
