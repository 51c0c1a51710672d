"""The ways on which presses travel: HTTP, MQTT, and AMQP from a business system."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from amqp.exceptions import AMQPError, MessageNacked
from kombu import Connection
from kombu.exceptions import KombuError

from clients.python.haoping_kiosk import Kiosk, Press
from services.contracts import topology

PATIENCE_S = 10
COUNTED_BY_DEVICES = ("epoch", "sequence")


class Transport(Protocol):
    """A way to send a batch of presses."""

    def send(self, batch: list[Press]) -> Sequence[dict[str, Any]]:
        """One result for each press, such as `{"status": "accepted"}`.

        Raises httpx.TransportError or OSError when nobody knows what became of the batch.
        """

    def close(self) -> None:
        """End it; a process that dies closes its connections, too."""


class Http:
    """The reference client's own way."""

    def __init__(self, kiosk: Kiosk, device: str) -> None:
        self.send = kiosk.post

    def close(self) -> None:
        """Every request stands for itself."""


class Amqp:
    """A business system that passes on what was pressed on a device; it counts no presses.

    The broker vouches for its name. After any trouble the connection is given up, for nobody can
    say which message the next confirmation would be for.
    """

    def __init__(self, uri: str, system: str, device: str | None = None) -> None:
        self.uri, self.system = uri, system
        self._device = {"device": device} if device else {}
        self._connection: Connection | None = None

    def send(self, batch: list[Press]) -> list[dict[str, Any]]:
        """Accepted when the broker has confirmed that a queue holds them."""
        forms = [
            {name: value for name, value in press.items() if name not in COUNTED_BY_DEVICES}
            | self._device
            for press in batch
        ]
        try:
            self._publish(json.dumps(forms, ensure_ascii=False))
        except (AMQPError, MessageNacked, KombuError, OSError) as error:
            self.close()
            raise ConnectionError(f"not confirmed: {error or type(error).__name__}") from error
        return [{"status": "accepted"}] * len(batch)

    def _publish(self, body: str) -> None:
        if self._connection is None:
            options = {"confirm_publish": True, "max_retries": 1, "interval_start": 0}
            self._connection = Connection(
                self.uri, transport_options=options, connect_timeout=PATIENCE_S
            )
        self._connection.Producer().publish(
            body,
            topology.raw_key(self.system),
            exchange=topology.RAW,
            content_type="application/json",
            mandatory=True,
            message_id=uuid.uuid4().hex,
            user_id=topology.system_user(self.system),
            delivery_mode=2,
            confirm_timeout=PATIENCE_S,
        )

    def close(self) -> None:
        """End the connection; the next `send` begins another."""
        if self._connection is not None:
            with suppress(AMQPError, KombuError, OSError):
                self._connection.release()
        self._connection = None
