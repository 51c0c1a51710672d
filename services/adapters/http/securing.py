"""TLS on the listening socket of a service whose settings name a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from logging import getLogger
from typing import Any

from eventlet import Timeout
from eventlet.green import ssl

CERTIFICATE, KEY = "HAOPING_TLS_CERT", "HAOPING_TLS_KEY"
GREETING_S = 20.0
NotSecured = ssl.SSLError
_log = getLogger(__name__)


def secured(sock: Any, config: Mapping[str, Any]) -> Any:
    """The listening socket, encrypting if there is a certificate in the settings (TLS 1.2 on)."""
    certificate = str(config.get(CERTIFICATE) or "")
    if not certificate:
        return sock
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, str(config[KEY]))
    return context.wrap_socket(sock, server_side=True)


def greeted(connection: Any) -> bool:
    """Whether the other side, if it has to, agreed on how to encrypt; else the connection ends."""
    if not isinstance(connection, ssl.SSLSocket):
        return True
    try:
        with Timeout(GREETING_S, TimeoutError):
            connection.do_handshake()
    except OSError as error:
        _log.debug("a connection was not secured: %r", error)
        connection.close()
        return False
    return True
