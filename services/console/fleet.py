"""Simulated devices: they go offline, mistake the time, send twice and are imaged anew.

Everything is drawn from one seed. Each device is the reference client on a disk of its own; what it
sent is in the end compared with what the store says it has.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from clients.python.haoping_kiosk import Kiosk, Press
from services.errors import HaopingError

CHANNEL = "tablet"
LEVELS, WEIGHTS = (5, 4, 3, 2, 1), (80, 10, 5, 3, 2)
WORST_CLOCK_S = 400 * 86400
SETTLE_S = 0.2


class SimulationFailed(HaopingError):
    """The simulation could not go on; see what the service answered."""


class Transport(Protocol):
    """A way to send a batch of presses, such as HTTP, MQTT or AMQP."""

    def send(self, batch: list[Press]) -> Sequence[dict[str, Any]]:
        """One result for each press, `{"status": "accepted"}` or `"refused"` with the reason.

        Raises httpx.TransportError or OSError when nobody knows what became of the batch.
        """


@dataclass(frozen=True)
class Odds:
    """How often, of a thousand steps, something happens to a device."""

    offline: int = 150
    answer_lost: int = 150
    clock_jumps: int = 50
    restarts: int = 50
    imaged_anew: int = 10


@dataclass(frozen=True)
class Office:
    """The services, for the administrator and for the devices."""

    http: httpx.Client
    urls: dict[str, str]
    token: str

    def ask(self, method: str, service: str, path: str, body: object = None) -> Any:
        """What the administrator is answered. Raises SimulationFailed."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.urls[service] + path
        answer = self.http.request(method, url, headers=headers, json=body)
        if answer.is_error:
            raise SimulationFailed(f"{method} {url} answered {answer.status_code}: {answer.text}")
        return answer.json()

    def register(self, device: str, unit: str) -> None:
        """Put the device into the registry."""
        entry = {"id": device, "name": f"模拟评价器 {device}", "unit": unit}
        self.ask("PUT", "registry", f"/v1/devices/{device}", entry)


@dataclass
class Device:
    """A simulated device, its luck, and what it remembers of what it did."""

    name: str
    office: Office
    folder: Path
    luck: random.Random
    odds: Odds
    transport_of: Callable[[Kiosk], Transport]
    wrong_by: float = 0.0
    pressed: dict[int, int] = field(default_factory=dict)
    given_up: dict[int, int] = field(default_factory=dict)
    sends: int = 0
    failures: int = 0
    kiosk: Kiosk = field(init=False)
    epoch: int = field(init=False)

    def open(self) -> None:
        """Start a process on the device's disk."""
        self.kiosk = Kiosk(
            str(self.folder / f"{self.name}.db"),
            self.office.urls["capture"],
            self.office.http,
            clock=lambda: time.time() + self.wrong_by,
        )

    def enrol(self) -> None:
        """Start on an empty disk with a new code; what was not confirmed is gone."""
        self.open()
        code = self.office.ask("POST", "registry", f"/v1/devices/{self.name}:code")["code"]
        self.kiosk.url = self.office.urls["registry"]
        self.kiosk.enrol(code)
        self.kiosk.url = self.office.urls["capture"]
        (self.epoch,) = self.kiosk.me("epoch")
        self.pressed[self.epoch] = self.given_up[self.epoch] = 0

    def step(self, presses: int) -> None:
        """Some presses, then whatever the odds bring, then an attempt to send."""
        for _ in range(presses):
            [level] = self.luck.choices(LEVELS, WEIGHTS)
            self.kiosk.press(level, CHANNEL)
            self.pressed[self.epoch] += 1
        if self._happens(self.odds.clock_jumps):
            self.wrong_by = self.luck.uniform(-WORST_CLOCK_S, WORST_CLOCK_S)
        if self._happens(self.odds.restarts):
            self.kiosk.db.close()
            self.open()
        if self._happens(self.odds.imaged_anew):
            self._image_anew()
        if not self._happens(self.odds.offline):
            self.flush(answer_lost=self._happens(self.odds.answer_lost))

    def _happens(self, odds: int) -> bool:
        return self.luck.randrange(1000) < odds

    def _image_anew(self) -> None:
        self.given_up[self.epoch] = self.kiosk.count("outbox")
        self.kiosk.db.close()
        for file in self.folder.glob(f"{self.name}.db*"):
            file.unlink()
        self.enrol()

    def flush(self, answer_lost: bool = False) -> None:
        """Send the outbox; when the answer is lost, the device cannot know and keeps everything."""
        transport = self.transport_of(self.kiosk)

        def send(batch: list[Press]) -> Sequence[dict[str, Any]]:
            self.sends += len(batch)
            results = transport.send(batch)
            if answer_lost:
                raise httpx.ReadTimeout("simulated: the answer was lost")
            return results

        try:
            self.kiosk.flush(send)
        except (httpx.HTTPError, OSError):
            self.failures += 1

    def finish(self, until: float) -> None:
        """The device is online at last: send until nothing is left, or the time is over."""
        while self.kiosk.count("outbox") and time.monotonic() < until:
            self.flush()
            time.sleep(SETTLE_S if self.kiosk.count("outbox") else 0)


class Http:
    """The reference client's own way."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.send = kiosk.post


@dataclass(frozen=True)
class Line:
    """A device in the final account; `least` to `pressed` ratings have to be stored."""

    device: str
    pressed: int
    least: int
    sends: int
    failures: int
    stored: int
    missing: int
    resends: int

    @property
    def reconciles(self) -> bool:
        """All that was not wiped is there once; what is missing was on a disk that was wiped."""
        lost_at_most = self.pressed - self.least
        return self.least <= self.stored <= self.pressed and self.missing <= lost_at_most


def account(device: Device) -> Line:
    """What the device did against what the store has of it."""
    path = f"/v1/devices/{device.name}/sequences"
    reported = device.office.ask("GET", "store", path)["epochs"]
    epochs = [each for each in reported if each["epoch"] in device.pressed]
    pressed = sum(device.pressed.values())
    return Line(
        device=device.name,
        pressed=pressed,
        least=pressed - sum(device.given_up.values()) - device.kiosk.count("refused"),
        sends=device.sends,
        failures=device.failures,
        stored=sum(each["stored"] for each in epochs),
        missing=sum(each["missing_count"] for each in epochs),
        resends=sum(each["repeats"]["resends"] for each in epochs),
    )


def run(
    devices: Sequence[Device], presses: int, until: float, unit: str, settle: Callable[[], None]
) -> list[Line]:
    """Register, live through about `presses` presses per device, reconcile; ends at `until`."""
    for device in devices:
        device.office.register(device.name, unit)
        device.enrol()
    left = {device.name: presses for device in devices}
    while any(left.values()) and time.monotonic() < until:
        for device in devices:
            some = min(left[device.name], device.luck.randint(0, 5))
            device.step(some)
            left[device.name] -= some
    for device in devices:
        device.finish(until)
    return settled(devices, until, settle)


def settled(devices: Sequence[Device], until: float, settle: Callable[[], None]) -> list[Line]:
    """The account as soon as everything reconciles, or as it is when the time is over."""
    while True:
        settle()
        lines = [account(device) for device in devices]
        if all(line.reconciles for line in lines) or time.monotonic() > until:
            return lines


def fleet(
    office: Office,
    count: int,
    seed: int,
    folder: Path,
    odds: Odds = Odds(),
    transport_of: Callable[[Kiosk], Transport] = Http,
) -> list[Device]:
    """So many devices, each with a name and a luck that follow from the seed."""
    names = [f"{seed}-{number}" for number in range(1, count + 1)]
    return [
        Device(f"sim-{name}", office, folder, random.Random(name), odds, transport_of)
        for name in names
    ]
