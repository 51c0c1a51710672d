"""The registry as a tree, as of a moment: what hangs on which unit, and whether it counts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from services.contracts.directory import Device, Directory, Entry, EntryT, Item, Periods, Unit
from services.contracts.directory import Window as WindowEntry
from services.errors import Malformed

NOON = time(12)
UNIT = attrgetter("unit")
Key = TypeVar("Key")
ACTIVE, PLANNED, ENDED = "active", "planned", "ended"


@dataclass(frozen=True)
class Place:
    """A window with the devices that stand there."""

    window: WindowEntry
    devices: tuple[Device, ...]


@dataclass(frozen=True)
class Branch:
    """A unit with what belongs to it and the units below; `devices` stand at no window."""

    unit: Unit
    places: tuple[Place, ...]
    devices: tuple[Device, ...]
    items: tuple[Item, ...]
    below: tuple[Branch, ...]

    @cached_property
    def empty(self) -> bool:
        """Whether nothing hangs on the unit."""
        return not (self.places or self.devices or self.items or self.below)


def moment_of(day: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Noon of a local day; now, if none is asked for. Raises Malformed."""
    if not day:
        return now
    try:
        return datetime.combine(date.fromisoformat(day), NOON, zone)
    except ValueError:
        raise Malformed(f"{day} is no day; write it like 2026-01-31") from None


def standing(entry: Entry, at: datetime) -> str:
    """Whether an entry counts at a moment, did so before, or will."""
    if entry.active(at):
        return ACTIVE
    return PLANNED if entry.active_from and at < entry.active_from else ENDED


def counted(directory: Directory, at: datetime) -> dict[str, int]:
    """How many entries of each kind count at a moment."""
    kinds = ("units", "windows", "devices", "items", "principals")
    return {kind: sum(each.active(at) for each in getattr(directory, kind)) for kind in kinds}


@dataclass(frozen=True)
class Wanted:
    """Which entries to show: those of a moment, or all; only those whose id or name fits."""

    at: datetime
    query: str
    everything: bool

    def of(self, known: Periods[EntryT]) -> list[EntryT]:
        """One entry of each id: that of the moment, else, if all are wanted, the last."""
        found = (self._one(periods) for periods in known.values())
        return [each for each in found if each is not None]

    def _one(self, periods: Iterable[EntryT]) -> EntryT | None:
        known = list(periods)
        now = next((each for each in known if each.active(self.at)), None)
        return now or (known[-1] if self.everything else None)

    def fits(self, entry: Entry) -> bool:
        """Whether the entry is looked for."""
        wanted = self.query.casefold()
        return wanted in entry.id.casefold() or wanted in entry.name.casefold()


def branches(
    directory: Directory, at: datetime, query: str = "", everything: bool = False
) -> tuple[Branch, ...]:
    """The units that have none above them, each with all that hangs on it and fits."""
    return Grower(directory, Wanted(at, query, everything)).roots()


@dataclass(frozen=True)
class Grower:
    """Grows the tree of a directory."""

    directory: Directory
    wanted: Wanted

    @cached_property
    def _units(self) -> list[Unit]:
        return self.wanted.of(self.directory.unit_periods)

    @cached_property
    def _below(self) -> Mapping[str | None, list[Unit]]:
        return gathered(self._units, attrgetter("parent"))

    @cached_property
    def _windows(self) -> Mapping[str, list[WindowEntry]]:
        return gathered(self.wanted.of(self.directory.window_periods), UNIT)

    @cached_property
    def _shown_windows(self) -> frozenset[str]:
        return frozenset(window.id for known in self._windows.values() for window in known)

    @cached_property
    def _devices(self) -> Mapping[str, list[Device]]:
        return gathered(self.wanted.of(self.directory.device_periods), UNIT)

    @cached_property
    def _at_window(self) -> Mapping[str | None, list[Device]]:
        every = (device for known in self._devices.values() for device in known)
        return gathered(every, attrgetter("window"))

    @cached_property
    def _items(self) -> Mapping[str, list[Item]]:
        return gathered(self.wanted.of(self.directory.item_periods), UNIT)

    def roots(self) -> tuple[Branch, ...]:
        """The tree; a unit whose parent is not shown stands at the top."""
        shown = {unit.id for unit in self._units}
        return self._grown((unit for unit in self._units if unit.parent not in shown), False)

    def _grown(self, units: Iterable[Unit], whole: bool) -> tuple[Branch, ...]:
        found = (self._branch(unit, whole) for unit in units)
        return tuple(branch for branch in found if branch)

    def _branch(self, unit: Unit, whole: bool) -> Branch | None:
        """The unit's branch; None if it is not looked for, nor anything that hangs on it."""
        whole = whole or self.wanted.fits(unit)
        branch = Branch(
            unit=unit,
            places=tuple(self._places(unit, whole)),
            devices=tuple(self._at_no_window(unit, whole)),
            items=tuple(each for each in self._items[unit.id] if self._is_in(each, whole)),
            below=self._grown(self._below[unit.id], whole),
        )
        return branch if whole or not branch.empty else None

    def _places(self, unit: Unit, whole: bool) -> Iterable[Place]:
        for window in self._windows[unit.id]:
            devices = tuple(self._at_window[window.id])
            if self._is_in(window, whole) or any(map(self.wanted.fits, devices)):
                yield Place(window, devices)

    def _at_no_window(self, unit: Unit, whole: bool) -> Iterable[Device]:
        """Devices without a window, and those whose window is not shown."""
        for device in self._devices[unit.id]:
            if device.window not in self._shown_windows and self._is_in(device, whole):
                yield device

    def _is_in(self, entry: Entry, whole: bool) -> bool:
        return whole or self.wanted.fits(entry)


def gathered(entries: Iterable[EntryT], place: Callable[[Any], Key]) -> Mapping[Key, list[EntryT]]:
    """The entries by where they belong."""
    found: defaultdict[Key, list[EntryT]] = defaultdict(list)
    for each in entries:
        found[place(each)].append(each)
    return found
