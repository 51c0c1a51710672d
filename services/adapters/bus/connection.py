"""Connections to the broker: heartbeat on, always drained, written to by one greenlet at a time."""

from __future__ import annotations

from typing import Any

from eventlet.semaphore import Semaphore
from kombu import Connection

from services.adapters.bus.topology import declare

HEARTBEAT_S = 20
DRAIN_S = 1.0


def connect(uri: str) -> Any:
    """An open connection (kombu) with the topology in place."""
    connection = Connection(uri, heartbeat=HEARTBEAT_S, connect_timeout=5)
    connection.connect()
    _leave_reading_to_the_drain(connection.connection)
    declare(connection.default_channel)
    return connection


def _leave_reading_to_the_drain(connection: Any) -> None:
    """Keep py-amqp from looking for `connection.blocked` in every publish.

    It would read from the socket between the pieces of a frame that the drain is reading.
    """
    capabilities = connection.client_properties.get("capabilities", {})
    connection.client_properties = {
        **connection.client_properties,
        "capabilities": {**capabilities, "connection.blocked": False},
    }


def drain(connection: Any, writing: Semaphore) -> None:
    """Handle what the broker sent within `DRAIN_S`, then keep the heartbeat going."""
    try:
        connection.drain_events(timeout=DRAIN_S)
    except TimeoutError:
        with writing:
            connection.heartbeat_check(rate=2)
