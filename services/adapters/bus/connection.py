"""Connections to the broker: heartbeat on, always drained, written to by one greenlet at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import eventlet
from amqp.transport import TCPTransport
from eventlet.semaphore import Semaphore
from kombu import Connection

from services.adapters import trust
from services.adapters.bus.topology import ensure

HEARTBEAT_S = 20
DRAIN_S = 1.0
FAREWELL_S = 1
READ_AHEAD_BYTES = 4096


def connect(uri: str, ca_file: str | None = None) -> Any:
    """An open connection (kombu) with the topology in place.

    An amqps:// address is spoken to over TLS, and has to be vouched for by an authority of the
    machine or, when there is a file of our own, by that.
    """
    connection = _to(uri, ca_file)
    _open(connection)
    return connection


@contextmanager
def connected(uri: str, ca_file: str | None = None) -> Iterator[Any]:
    """An open connection for the length of a `with`, however it ends.

    A socket left open, even by who was killed on the doorstep, keeps a consumer in the broker's
    books until heartbeats are missed, and until then its share of the queue goes to nobody.
    """
    connection = _to(uri, ca_file)
    try:
        _open(connection)
        yield connection
    finally:
        with suppress(Exception), eventlet.Timeout(FAREWELL_S, False):
            connection.close()
        with suppress(Exception):
            connection.collect()


def _to(uri: str, ca_file: str | None) -> Any:
    secured = trust.of_broker(uri, ca_file) or False
    return Connection(uri, heartbeat=HEARTBEAT_S, connect_timeout=5, ssl=secured)


def _open(connection: Any) -> None:
    connection.connect()
    _leave_reading_to_the_drain(connection.connection)
    _read_ahead(connection.connection)
    ensure(connection.default_channel, connection.userid)


def _leave_reading_to_the_drain(connection: Any) -> None:
    """Keep py-amqp from looking for `connection.blocked` in every publish.

    It would read from the socket between the pieces of a frame that the drain is reading.
    """
    capabilities = connection.client_properties.get("capabilities", {})
    connection.client_properties = {
        **connection.client_properties,
        "capabilities": {**capabilities, "connection.blocked": False},
    }


def _read_ahead(connection: Any) -> None:
    """Take from the socket what is there: py-amqp asks for each frame's head, body and end apart.

    It keeps what was read beyond its wish for the next one.
    """
    transport = connection.transport
    if isinstance(transport, TCPTransport):
        receive = transport.sock.recv

        def ahead(wanted: int) -> bytes:
            found: bytes = receive(max(wanted, READ_AHEAD_BYTES))
            return found

        transport._quick_recv = ahead  # noqa: SLF001 - py-amqp offers no other way


def drain(connection: Any, writing: Semaphore) -> None:
    """Handle what the broker sent within `DRAIN_S`, then keep the heartbeat going."""
    try:
        connection.drain_events(timeout=DRAIN_S)
    except TimeoutError:
        with writing:
            connection.heartbeat_check(rate=2)
