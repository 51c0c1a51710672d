"""The kiosk of `haoping_kiosk.py` over MQTT instead of HTTP. Copy it beside that file.

It needs paho-mqtt 2 and the password that `haoping device mqtt-user` gave for this device. A press
leaves the outbox only when the broker has acknowledged (PUBACK) the letter that it was in, which
the broker does once a queue holds it. No answer in time means that nobody knows: the connection
is given up, the presses stay, and the next `flush` connects anew and sends them again.

    tls = ssl.create_default_context()
    line = MqttLine(kiosk, "broker.example.gov.cn", 8883, password, tls)
    kiosk.flush(line.send)
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

if TYPE_CHECKING:
    from clients.python.haoping_kiosk import Kiosk, Press

MOST_BYTES = 200_000
"""Of the presses in one letter; what is larger than 256 KiB is refused as a whole."""


class MqttLine:
    """One device's connection; `patience_s` is how long it waits for an answer of the broker."""

    def __init__(
        self,
        kiosk: Kiosk,
        host: str,
        port: int,
        password: str,
        tls: ssl.SSLContext | None = None,
        patience_s: float = 30,
    ) -> None:
        self.kiosk, self.host, self.port, self.password = kiosk, host, port, password
        self.tls, self.patience_s = tls, patience_s
        self._client: Client | None = None
        self._told = threading.Event()

    def send(self, batch: list[Press]) -> list[dict[str, Any]]:
        """A result for each press: accepted when its letter was acknowledged, else unknown.

        Raises OSError when not one was acknowledged. What is wrong with a press nobody can tell us
        here: it goes to the quarantine, and GET /v1/ratings/{id} says so.
        """
        certain = 0
        try:
            for letter in _letters(batch):
                self._publish(letter)
                certain += len(letter)
        except OSError:
            self.close()
            if not certain:
                raise
        unknown = [{"status": "unknown"}] * (len(batch) - certain)
        return [{"status": "accepted"}] * certain + unknown

    def close(self) -> None:
        """End the connection; the next `send` begins another."""
        if self._client:
            self._client.disconnect()
            self._client.loop_stop()
        self._client = None

    def _publish(self, presses: list[Press]) -> None:
        client = self._connected()
        (device,) = self.kiosk.me("device")
        self._told.clear()
        letter = letter_of(self.kiosk, device, written(presses))
        sent = client.publish(f"haoping/v1/ratings/{device}", letter, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ConnectionError(f"The letter could not be sent: {sent.rc}")
        self._told.wait(self.patience_s)
        if not sent.is_published():
            raise TimeoutError("The broker did not acknowledge: perhaps it has it, perhaps not")

    def _connected(self) -> Client:
        if self._client and self._client.is_connected():
            return self._client
        self.close()
        (device,) = self.kiosk.me("device")
        client = Client(CallbackAPIVersion.VERSION2, device, reconnect_on_failure=False)
        client.username_pw_set(f"device-{device}", self.password)
        if self.tls:
            client.tls_set_context(self.tls)
        client.on_connect = client.on_disconnect = client.on_publish = self._hear
        self._client = client
        self._told.clear()
        client.connect(self.host, self.port)
        client.loop_start()
        self._told.wait(self.patience_s)
        if not client.is_connected():
            raise ConnectionError(f"The broker does not let device-{device} in")
        return client

    def _hear(self, *told: Any) -> None:
        """Something was acknowledged, refused or ended; whoever waits looks what it was."""
        self._told.set()


def letter_of(kiosk: Kiosk, device: str, body: str) -> str:
    """What is published: the body as text, and the signature over it."""
    said = kiosk.signature(body.encode())
    letter = {
        "device": device,
        "id": said["webhook-id"],
        "timestamp": int(said["webhook-timestamp"]),
        "signature": said["webhook-signature"],
        "body": body,
    }
    return json.dumps(letter, ensure_ascii=False)


def _letters(batch: list[Press]) -> Iterator[list[Press]]:
    """The presses in as few letters as their size allows."""
    letter: list[Press] = []
    size = 0
    for press in batch:
        length = len(written(press).encode())
        if letter and size + length > MOST_BYTES:
            yield letter
            letter, size = [], 0
        letter.append(press)
        size += length
    if letter:
        yield letter


def written(body: Any) -> str:
    """JSON; half a character, which scripts leave that cut words, becomes '?'."""
    return json.dumps(body, ensure_ascii=False).encode(errors="replace").decode()
