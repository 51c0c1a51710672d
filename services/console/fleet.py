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
from typing import Any

import httpx

from clients.python.haoping_kiosk import Kiosk, Press
from services.console.transports import Http, Transport
from services.errors import HaopingError

CHANNEL = "tablet"
LEVELS, WEIGHTS = (5, 4, 3, 2, 1), (80, 10, 5, 3, 2)
WORST_CLOCK_S = 400 * 86400
SETTLE_S = 0.2
Number = tuple[int, int]
"""Which press of a device: the epoch, and the sequence in it."""


class SimulationFailed(HaopingError):
    """The simulation could not go on; see what the service answered."""


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
        return self.ask_as(self.token, method, service, path, body)

    def ask_as(self, token: str, method: str, service: str, path: str, body: object = None) -> Any:
        """What the holder of a token is answered. Raises SimulationFailed."""
        headers = {"Authorization": f"Bearer {token}"}
        url = self.urls[service] + path
        answer = self.http.request(method, url, headers=headers, json=body)
        if answer.is_error:
            raise SimulationFailed(f"{method} {url} answered {answer.status_code}: {answer.text}")
        return answer.json()

    def register(self, device: str, unit: str) -> None:
        """Put the device into the registry."""
        entry = {"id": device, "name": f"模拟评价器 {device}", "unit": unit}
        self.ask("PUT", "registry", f"/v1/devices/{device}", entry)

    def enrol(self, kiosk: Kiosk, device: str) -> None:
        """Give a kiosk a code, with which it gets a key and a new epoch."""
        code = self.ask("POST", "registry", f"/v1/devices/{device}:code")["code"]
        kiosk.url = self.urls["registry"]
        kiosk.enrol(code)
        kiosk.url = self.urls["capture"]


@dataclass(frozen=True)
class Way:
    """How presses travel. A system's `token` asks for what came by it; devices ask themselves."""

    name: str = "http"
    transport_of: Callable[[Kiosk, str], Transport] = Http
    token: str | None = None


@dataclass
class Device:
    """A simulated device, its luck, and what it remembers of what it did."""

    name: str
    office: Office
    folder: Path
    luck: random.Random
    odds: Odds
    way: Way
    wrong_by: float = 0.0
    pressed: dict[int, int] = field(default_factory=dict)
    wiped: set[Number] = field(default_factory=set)
    sends: int = 0
    failures: int = 0
    kiosk: Kiosk = field(init=False)
    transport: Transport = field(init=False)
    epoch: int = field(init=False)

    def open(self) -> None:
        """Start a process on the device's disk."""
        self.kiosk = Kiosk(
            str(self.folder / f"{self.name}.db"),
            self.office.urls["capture"],
            self.office.http,
            clock=lambda: time.time() + self.wrong_by,
        )
        self.transport = self.way.transport_of(self.kiosk, self.name)

    def close(self) -> None:
        """The process ends, whatever it was doing."""
        self.transport.close()
        self.kiosk.db.close()

    def enrol(self) -> None:
        """Start on an empty disk with a new code; what was not confirmed is gone."""
        self.open()
        self.office.enrol(self.kiosk, self.name)
        (self.epoch,) = self.kiosk.me("epoch")
        self.pressed[self.epoch] = 0

    @property
    def numbers(self) -> set[Number]:
        """Every press that was made, wiped or not."""
        counts = self.pressed.items()
        return {(epoch, number) for epoch, last in counts for number in range(1, last + 1)}

    def step(self, presses: int) -> None:
        """Some presses, then whatever the odds bring, then an attempt to send."""
        for _ in range(presses):
            [level] = self.luck.choices(LEVELS, WEIGHTS)
            self.kiosk.press(level, CHANNEL)
            self.pressed[self.epoch] += 1
        if self._happens(self.odds.clock_jumps):
            self.wrong_by = self.luck.uniform(-WORST_CLOCK_S, WORST_CLOCK_S)
        if self._happens(self.odds.restarts):
            self.close()
            self.open()
        if self._happens(self.odds.imaged_anew):
            self._image_anew()
        if not self._happens(self.odds.offline):
            self.flush(answer_lost=self._happens(self.odds.answer_lost))

    def _happens(self, odds: int) -> bool:
        return self.luck.randrange(1000) < odds

    def _image_anew(self) -> None:
        self.wiped |= set(self.kiosk.db.execute("SELECT epoch, sequence FROM outbox"))
        self.close()
        for file in self.folder.glob(f"{self.name}.db*"):
            file.unlink()
        self.enrol()

    def flush(self, answer_lost: bool = False) -> None:
        """Send the outbox; when the answer is lost, the device cannot know and keeps everything."""

        def send(batch: list[Press]) -> Sequence[dict[str, Any]]:
            self.sends += len(batch)
            results = self.transport.send(batch)
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


def live_through(devices: Sequence[Device], presses: int, until: float, unit: str) -> None:
    """Register the devices and let each make about `presses` presses; ends at `until`."""
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


def fleet(
    office: Office,
    names: Sequence[str],
    folder: Path,
    odds: Odds = Odds(),
    ways: Sequence[Way] = (Way(),),
) -> list[Device]:
    """A device for each name, by which its luck is drawn; the ways take turns."""
    return [
        Device(name, office, folder, random.Random(name), odds, ways[number % len(ways)])
        for number, name in enumerate(names)
    ]


def names(count: int, seed: int) -> list[str]:
    """The names of so many devices; the same seed gives the same names, and so the same luck."""
    return [f"sim-{seed}-{number}" for number in range(1, count + 1)]
