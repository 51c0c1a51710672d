"""The account of a simulation: every press of every device against what the services say of it.

It is drawn up from outside. A device's presses are found by its sequences, those that a system
passed on by asking for each rating; what is not stored is asked for once more, to say where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.console.fleet import Device, Number, SimulationFailed
from services.contracts.sequence import rating_id

MOST_NAMED = 10
REFUSED = "SELECT reason FROM refused WHERE epoch = ? AND sequence = ?"
WAITS = "SELECT press FROM outbox WHERE epoch = ? AND sequence = ?"


@dataclass(frozen=True)
class Line:
    """A device in the final account. `lost` is what was neither stored nor wiped with its disk."""

    device: str
    way: str
    pressed: int
    wiped: int
    sends: int
    failures: int
    stored: int
    resends: int
    doubled: int
    unknown: int
    lost: frozenset[Number] = field(default_factory=frozenset)

    @property
    def reconciles(self) -> bool:
        """Every press is stored once, and nothing that nobody pressed."""
        return not (self.lost or self.doubled or self.unknown)


@dataclass
class Auditor:
    """Draws up the account; remembers which presses of systems it has found already."""

    found: dict[str, set[Number]] = field(default_factory=dict)

    def line(self, device: Device) -> Line:
        """What the device did against what the store has of it."""
        stored, resends, doubled = self._asked(device) if device.way.token else counted(device)
        made = device.numbers
        return Line(
            device=device.name,
            way=device.way.name,
            pressed=len(made),
            wiped=len(device.wiped),
            sends=device.sends,
            failures=device.failures,
            stored=len(stored),
            resends=resends,
            doubled=doubled,
            unknown=len(stored - made),
            lost=frozenset(made - device.wiped - stored),
        )

    def _asked(self, device: Device) -> tuple[set[Number], int, int]:
        found = self.found.setdefault(device.name, set())
        left = device.numbers - found
        found |= {number for number in left if whereabouts(device, number)["status"] == "stored"}
        return found, 0, 0


def counted(device: Device) -> tuple[set[Number], int, int]:
    """The numbers that are stored, how many came again, and how many are there twice."""
    path = f"/v1/devices/{device.name}/sequences"
    reported = device.office.ask("GET", "store", path)["epochs"]
    epochs = [each for each in reported if each["epoch"] in device.pressed]
    stored = {(each["epoch"], number) for each in epochs for number in _stored(each)}
    repeats = [each["repeats"] for each in epochs]
    doubled = [r for each in repeats for r in (*each["doubled"], *each["other_content"])]
    resends = sum(each["resends"] for each in repeats)
    return stored, resends, sum(last - first + 1 for first, last in doubled)


def _stored(epoch: Mapping[str, Any]) -> set[int]:
    """What is there from the first to the highest, without the gaps and the work list."""
    ranges = (*epoch["missing"], *epoch["in_quarantine"], *epoch["set_aside"])
    absent = {number for first, last in ranges for number in range(first, last + 1)}
    return set(range(1, (epoch["highest"] or 0) + 1)) - absent


def whereabouts(device: Device, number: Number) -> dict[str, Any]:
    """What the sender of a press is told about it."""
    path = f"/v1/ratings/{rating_id(device.name, *number)}"
    if device.way.token:
        told: dict[str, Any] = device.office.ask_as(device.way.token, "GET", "store", path)
        return told
    device.kiosk.url = device.office.urls["store"]
    answer: dict[str, Any] = device.kiosk.call("GET", path)
    device.kiosk.url = device.office.urls["capture"]
    return answer


def settled(devices: Sequence[Device], until: float, settle: Callable[[], None]) -> list[Line]:
    """The account as soon as everything reconciles, or as it is when the time is over."""
    auditor = Auditor()
    while True:
        settle()
        lines = [auditor.line(device) for device in devices]
        if all(line.reconciles for line in lines) or time.monotonic() > until:
            return lines


def complaints(devices: Sequence[Device], lines: Sequence[Line]) -> Iterator[str]:
    """What is missing, press by press, and what is there though it should not be."""
    for device, line in zip(devices, lines, strict=True):
        who = f"{line.device} over {line.way}"
        for epoch, number in sorted(line.lost)[:MOST_NAMED]:
            yield f"{who}: press {number} of epoch {epoch} {_where(device, (epoch, number))}"
        if len(line.lost) > MOST_NAMED:
            yield f"{who}: {len(line.lost) - MOST_NAMED} more presses are not stored"
        if line.doubled:
            yield f"{who}: {line.doubled} presses are stored twice or came again with other content"
        if line.unknown:
            yield f"{who}: {line.unknown} ratings are stored that nobody pressed"


def _where(device: Device, number: Number) -> str:
    id = rating_id(device.name, *number)
    if row := device.kiosk.db.execute(REFUSED, number).fetchone():
        return f"({id}) was refused by the edge: {row[0]}"
    if device.kiosk.db.execute(WAITS, number).fetchone():
        return f"({id}) still waits in the outbox"
    try:
        told = whereabouts(device, number)
    except (SimulationFailed, httpx.HTTPError) as error:
        return f"({id}) cannot be asked for: {error}"
    return f"({id}) is {told['status']}: {told['detail']}"
