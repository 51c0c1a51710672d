"""Doors to the broker: addresses with a user and a password, and users for simulated devices."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from clients.python.haoping_kiosk import Kiosk
from clients.python.haoping_mqtt import MqttLine
from services.console.device import PASSWORD_BYTES, checked, private_ports
from services.console.stack import definitions, node
from services.console.stack.definitions import Definitions
from services.console.stack.failure import StackFailed
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK
from services.console.transports import Amqp
from services.contracts.topology import system_user
from services.errors import Invalid

PATIENCE_S = 10
NO_PRIVATE_BROKER = (
    "No private broker runs in this folder, and users for simulated devices are made only there: "
    "start `haoping up`, name its folder with --state, or choose --protocol http"
)


@dataclass(frozen=True)
class MqttDoor:
    """Where MQTT is spoken, and the passwords of devices."""

    host: str
    port: int
    passwords: dict[str, str] = field(repr=False)

    @classmethod
    def opened(cls, layout: Layout, devices: Sequence[str]) -> Self:
        """A door with a fresh user for each device, on the private broker of this folder.

        Raises StackFailed when none runs here.
        """
        ports = private_ports(layout)
        if ports is None:
            raise StackFailed(NO_PRIVATE_BROKER)
        passwords = {checked(device): secrets.token_hex(PASSWORD_BYTES) for device in devices}
        wanted: Definitions = {}
        for device, password in passwords.items():
            for kind, entries in definitions.of_device(device, password).items():
                wanted.setdefault(kind, []).extend(entries)
        node.add(layout, ports, wanted)
        return cls(LOOPBACK, ports["mqtt"], passwords)

    def line(self, kiosk: Kiosk, device: str) -> MqttLine:
        """A line for a device, not connected yet."""
        password = self.passwords[device]
        return MqttLine(kiosk, self.host, self.port, password, patience_s=PATIENCE_S)


def amqp_line(url: str, device: str | None = None) -> Amqp:
    """A system's line, not connected yet; the name of its user on the broker says who it is.

    Raises Invalid for a user that `haoping device amqp-user` does not make.
    """
    user = unquote(urlsplit(url).username or "")
    if not user.startswith(system_user("")):
        raise Invalid(
            f"{user or 'Nobody'} is no system on the broker: `haoping device amqp-user SYSTEM` "
            f"makes a user {system_user('SYSTEM')}; put it and its password into the address"
        )
    return Amqp(url, user.removeprefix(system_user("")), device)
