"""The registry as one immutable value: units, windows, devices, items, and who may act."""

from datetime import datetime, time
from functools import cached_property
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.contracts.actor import Actor, Role


class Entry(BaseModel):
    """Anything in the registry has an id, a name and the time during which it counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str
    active_from: AwareDatetime | None = None
    active_to: AwareDatetime | None = None

    def active(self, at: datetime) -> bool:
        """Whether the entry counts at `at`; `active_to` is exclusive."""
        return (self.active_from is None or self.active_from <= at) and (
            self.active_to is None or at < self.active_to
        )


class Unit(Entry):
    """An organisation (机构) in the tree; `peers` names the group it is ranked within."""

    parent: str | None = None
    peers: str | None = None


class Window(Entry):
    """A window (窗口) of a hall, run by a unit."""

    hall: str
    unit: str


class Device(Entry):
    """A kiosk or tablet (评价器) and the hours in which its hall is open.

    Its id stands in addresses, topics and routing keys, so it holds letters, digits, _ and - only.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    unit: str
    window: str | None = None
    opens: time = time(9)
    closes: time = time(17)


class Item(Entry):
    """A matter (事项) that citizens come for."""

    unit: str


class Principal(Entry):
    """A person, device or system that may act, known by the SHA-256 of its token."""

    roles: frozenset[Role]
    unit: str | None = None
    window: str | None = None
    token_hash: str | None = None


class Directory(BaseModel):
    """A consistent snapshot of the registry with the look-ups that services need."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: int = 0
    units: tuple[Unit, ...] = ()
    windows: tuple[Window, ...] = ()
    devices: tuple[Device, ...] = ()
    items: tuple[Item, ...] = ()
    principals: tuple[Principal, ...] = ()

    @cached_property
    def unit(self) -> dict[str, Unit]:
        """Units by id."""
        return {entry.id: entry for entry in self.units}

    @cached_property
    def window(self) -> dict[str, Window]:
        """Windows by id."""
        return {entry.id: entry for entry in self.windows}

    @cached_property
    def device(self) -> dict[str, Device]:
        """Devices by id."""
        return {entry.id: entry for entry in self.devices}

    @cached_property
    def item(self) -> dict[str, Item]:
        """Items by id."""
        return {entry.id: entry for entry in self.items}

    @cached_property
    def _by_token_hash(self) -> dict[str, Principal]:
        return {entry.token_hash: entry for entry in self.principals if entry.token_hash}

    def subtree(self, unit: str) -> frozenset[str]:
        """The unit and everything below it."""
        below = {child.id for child in self.units if child.parent == unit and child.id != unit}
        return frozenset({unit}.union(*(self.subtree(child) for child in below)))

    def actor_with(self, token_hash: str, at: datetime) -> Actor | None:
        """The actor that holds this token, or None when nobody active does."""
        principal = self._by_token_hash.get(token_hash)
        if principal is None or not principal.active(at):
            return None
        scope = self.subtree(principal.unit) if principal.unit else frozenset[str]()
        return Actor(principal.id, principal.roles, principal.unit, scope)

    def people(self, role: Role, unit: str) -> tuple[Principal, ...]:
        """Who holds `role` in exactly `unit`."""
        return tuple(p for p in self.principals if role in p.roles and p.unit == unit)
