"""How probes reach the broker: with what they are given, or as `selftest` on the private stack."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path as File
from urllib.parse import unquote, urlsplit

import httpx

from clients.python.haoping_kiosk import Kiosk
from clients.python.haoping_mqtt import MqttLine
from services.console.device import PASSWORD_BYTES, private_ports
from services.console.doors import MqttDoor, amqp_line
from services.console.fleet import Office
from services.console.probes import By, Closed, Path, Place, Queued
from services.console.stack import definitions, node
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK
from services.contracts.actor import Role
from services.contracts.topology import system_user
from services.errors import HaopingError

NAME = "selftest"
PATIENCE_S, KNOWN_WITHIN_S, POLL_S = 5, 5, 0.2
UNAUTHORIZED = 401
GIVE_MQTT = "name --mqtt-url and --kiosk of a device enrolled for probes, or say --without mqtt"
GIVE_AMQP = "name --amqp-url of the system whose token this is, or say --without amqp"
ENROL = "enrol a device for probes and name its file with --kiosk"


@dataclass(frozen=True)
class Reach:
    """Makes the paths of probes through the broker; what they hold open is closed with `lines`."""

    place: Place
    layout: Layout
    lines: ExitStack

    def mqtt(self, url: str | None, file: str | None) -> Path:
        """The path of devices; Closed, with what to do, when there is none."""
        try:
            kiosk = self._kiosk(file)
            (device,) = kiosk.me("device")
            line = self._mqtt_line(kiosk, device, url)
            self._wait_until_known(kiosk, self.place.capture, "/v1/devices/me/config")
            self._wait_until_known(kiosk, self.place.store, f"/v1/ratings/{NAME}")
        except (HaopingError, RuntimeError) as error:
            return Closed(By.MQTT, str(error))
        except httpx.HTTPError as error:
            return Closed(By.MQTT, f"the device is not known ({error}); {ENROL}")
        self.lines.callback(line.close)
        return Queued(By.MQTT, self.place, line, kiosk)

    def amqp(self, url: str | None) -> Path:
        """The path of systems; Closed, with what to do, when there is none."""
        try:
            line = amqp_line(url or self._own_system())
        except (HaopingError, httpx.HTTPError) as error:
            return Closed(By.AMQP, str(error))
        self.lines.callback(line.close)
        return Queued(By.AMQP, self.place, line)

    def _wait_until_known(self, kiosk: Kiosk, url: str, path: str) -> None:
        """A service hears of a device that was registered just now within a second or two."""
        until, kiosk.url = time.monotonic() + KNOWN_WITHIN_S, url
        while True:
            try:
                kiosk.call("GET", path)
            except httpx.HTTPStatusError as error:
                if error.response.status_code != UNAUTHORIZED or time.monotonic() > until:
                    raise
                time.sleep(POLL_S)
            else:
                return

    def _kiosk(self, file: str | None) -> Kiosk:
        own = self.layout.state / f"{NAME}.db"
        path = File(file) if file else own
        if file and not path.exists():
            raise HaopingError(f"There is no file {path}; {ENROL}")
        if not file and self._ports() is None:
            raise HaopingError(GIVE_MQTT)
        kiosk = Kiosk(str(path), self.place.capture, self.place.http)
        self.lines.callback(kiosk.db.close)
        path.chmod(0o600)
        if not file and kiosk.db.execute("SELECT device FROM self").fetchone() is None:
            self._enrol(kiosk)
        return kiosk

    def _enrol(self, kiosk: Kiosk) -> None:
        """Once for this folder: the registry gets a device for probes."""
        office = self._office()
        unit = self.place.at.get("unit") or self._unit_of(office, self.place.at["window"])
        office.register(NAME, unit)
        office.enrol(kiosk, NAME)

    def _mqtt_line(self, kiosk: Kiosk, device: str, url: str | None) -> MqttLine:
        if url is None:
            if device != NAME:
                raise HaopingError(GIVE_MQTT)
            return MqttDoor.opened(self.layout, [device]).line(kiosk, device)
        there = urlsplit(url)
        password = unquote(there.password or "")
        port = there.port or 1883
        return MqttLine(kiosk, there.hostname or LOOPBACK, port, password, patience_s=PATIENCE_S)

    def _own_system(self) -> str:
        """The address for a user of the system `selftest`, whose password is made anew each time.

        Of no other system: a new password would lock it out.
        """
        ports = self._ports()
        if ports is None:
            raise HaopingError(GIVE_AMQP)
        self._must_be_registered(self._office())
        password = secrets.token_hex(PASSWORD_BYTES)
        node.add(self.layout, ports, definitions.of_system(NAME, password))
        return f"amqp://{system_user(NAME)}:{password}@{LOOPBACK}:{ports['amqp']}/"

    def _must_be_registered(self, office: Office) -> None:
        people = office.ask("GET", "registry", "/v1/registry")["principals"]
        if not any(each["id"] == NAME and Role.SYSTEM in each["roles"] for each in people):
            raise HaopingError(f"the registry has no system called {NAME}; {GIVE_AMQP}")

    def _unit_of(self, office: Office, window: str) -> str:
        windows = office.ask("GET", "registry", "/v1/registry")["windows"]
        found = next((str(each["unit"]) for each in windows if each["id"] == window), None)
        if found is None:
            raise HaopingError(f"window {window} is not in the registry")
        return found

    def _office(self) -> Office:
        """The services as the administrator of the private stack sees them."""
        token = (self.layout.secrets / "admin.token").read_text()
        ports = self._ports() or {}
        urls = {"registry": f"http://{LOOPBACK}:{ports['registry']}", "capture": self.place.capture}
        return Office(self.place.http, urls, token)

    def _ports(self) -> dict[str, int] | None:
        return private_ports(self.layout)
