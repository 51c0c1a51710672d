"""The registry as one immutable value: units, windows, devices, items, and who may act."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, StringConstraints

from services.contracts.actor import Actor, Role
from services.contracts.value import Value


class Entry(Value):
    """Anything in the registry has an id, a name and the time during which it counts."""

    id: str
    name: str
    active_from: AwareDatetime | None = None
    active_to: AwareDatetime | None = None

    def active(self, at: datetime) -> bool:
        """Whether the entry counts at `at`; `active_to` is exclusive."""
        return (self.active_from is None or self.active_from <= at) and (
            self.active_to is None or at < self.active_to
        )


MAIL_ADDRESS = r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,190}$"
EntryT = TypeVar("EntryT", bound=Entry)
Periods = dict[str, tuple[EntryT, ...]]
"""Entries of one kind by id, each with the periods in which it counted, in order of time."""
DAY_MIN = 24 * 60
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def periods(entries: Iterable[EntryT]) -> Periods[EntryT]:
    """The periods of each id; an entry without a beginning comes first."""
    found: Periods[EntryT] = {}
    for entry in sorted(entries, key=lambda each: each.active_from or _ALWAYS):
        found[entry.id] = (*found.get(entry.id, ()), entry)
    return found


def active_at(known: Periods[EntryT], id: str, at: datetime) -> EntryT | None:
    """What the entry was at that time; None when it is not known or did not count."""
    for entry in known.get(id, ()):
        if entry.active(at):
            return entry
    return None


class Unit(Entry):
    """An organisation (机构) in the tree; `peers` names the group it is ranked within."""

    parent: str | None = None
    peers: str | None = None


class Window(Entry):
    """A window (窗口) of a hall, run by a unit."""

    hall: str
    unit: str


def _minute(at: time | datetime) -> int:
    return at.hour * 60 + at.minute


class Device(Entry):
    """A kiosk or tablet (评价器) and the hours in which its hall is open.

    Its id stands in addresses, topics and routing keys, so it holds letters, digits, _ and - only.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    unit: str
    window: str | None = None
    opens: time = time(9)
    closes: time = time(17)

    @cached_property
    def hours(self) -> tuple[int, int]:
        """The minute of the day at which its hall opens, and for how many minutes it stays open.

        A hall that closes when it opens never closes; one that closes before it is open at night.
        """
        opens, closes = _minute(self.opens), _minute(self.closes)
        return opens, (closes - opens) % DAY_MIN or DAY_MIN

    def is_open(self, local: time | datetime, grace_min: int = 0) -> bool:
        """Whether its hall is open at this local time, or closed no more than `grace_min` ago."""
        opens, open_for = self.hours
        return (_minute(local) - opens) % DAY_MIN <= open_for + grace_min

    def opened(self, local: datetime) -> datetime | None:
        """When its hall opened, which may be yesterday; None while it is closed."""
        opens, open_for = self.hours
        since = (_minute(local) - opens) % DAY_MIN
        began = local.replace(second=0, microsecond=0) - timedelta(minutes=since)
        return began if since < open_for else None


class Item(Entry):
    """A matter (事项) that citizens come for."""

    unit: str


class Principal(Entry):
    """A person, device or system that may act, known by the SHA-256 of its token.

    `mail` is the address at work to which notices go; without one they go to nobody.
    `oidc_subject` is what the OpenID provider calls the person (`sub`), if it is to vouch for them.
    """

    roles: frozenset[Role]
    unit: str | None = None
    window: str | None = None
    token_hash: str | None = None
    mail: Annotated[str, StringConstraints(pattern=MAIL_ADDRESS)] | None = None
    oidc_subject: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None


class Directory(Value):
    """A consistent snapshot of the registry with the look-ups that services need.

    A window, device or item that moves from one unit to another has two entries with the same id:
    the first ends (`active_to`) when or before the second begins (`active_from`). Units and
    principals have one entry each: a version of the registry has one tree.
    `unit`, `window` … give the last entry of an id, `*_periods` all of them.
    """

    version: int = 0
    units: tuple[Unit, ...] = ()
    windows: tuple[Window, ...] = ()
    devices: tuple[Device, ...] = ()
    items: tuple[Item, ...] = ()
    principals: tuple[Principal, ...] = ()

    @cached_property
    def unit_periods(self) -> Periods[Unit]:
        """Units by id, with all their periods."""
        return periods(self.units)

    @cached_property
    def unit(self) -> dict[str, Unit]:
        """Units by id, as they are in their last period."""
        return {id: known[-1] for id, known in self.unit_periods.items()}

    @cached_property
    def window_periods(self) -> Periods[Window]:
        """Windows by id, with all their periods."""
        return periods(self.windows)

    @cached_property
    def window(self) -> dict[str, Window]:
        """Windows by id, as they are in their last period."""
        return {id: known[-1] for id, known in self.window_periods.items()}

    @cached_property
    def device_periods(self) -> Periods[Device]:
        """Devices by id, with all their periods."""
        return periods(self.devices)

    @cached_property
    def device(self) -> dict[str, Device]:
        """Devices by id, as they are in their last period."""
        return {id: known[-1] for id, known in self.device_periods.items()}

    @cached_property
    def item_periods(self) -> Periods[Item]:
        """Items by id, with all their periods."""
        return periods(self.items)

    @cached_property
    def item(self) -> dict[str, Item]:
        """Items by id, as they are in their last period."""
        return {id: known[-1] for id, known in self.item_periods.items()}

    @cached_property
    def principal(self) -> dict[str, Principal]:
        """Whoever may act, by id."""
        return {entry.id: entry for entry in self.principals}

    @cached_property
    def _by_token_hash(self) -> dict[str, Principal]:
        return {entry.token_hash: entry for entry in self.principals if entry.token_hash}

    def subtree(self, unit: str) -> frozenset[str]:
        """The unit and everything below it."""
        return self._subtrees.get(unit) or self._grown(unit)

    @cached_property
    def _subtrees(self) -> dict[str, frozenset[str]]:
        return {unit: self._grown(unit) for unit in self.unit_periods}

    def _grown(self, unit: str) -> frozenset[str]:
        return frozenset({unit}.union(*map(self._grown, self._children.get(unit, ()))))

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for child in self.units:
            if child.parent is not None and child.parent != child.id:
                found.setdefault(child.parent, set()).add(child.id)
        return found

    def actor_with(self, token_hash: str, at: datetime) -> Actor | None:
        """The actor that holds this token, or None when nobody active does."""
        return self._acting(self._by_token_hash.get(token_hash), at)

    def actor_of(
        self, id: str, at: datetime, within: frozenset[Role] | None = None
    ) -> Actor | None:
        """The actor of a principal, `within` some of its roles; None when it is not active."""
        return self._acting(self.principal.get(id), at, within)

    def _acting(
        self, principal: Principal | None, at: datetime, within: frozenset[Role] | None = None
    ) -> Actor | None:
        if principal is None or not principal.active(at):
            return None
        roles = principal.roles if within is None else principal.roles & within
        scope = self.subtree(principal.unit) if principal.unit else frozenset[str]()
        return Actor(principal.id, roles, principal.unit, scope)

    def people(self, role: Role, unit: str) -> tuple[Principal, ...]:
        """Who holds `role` in exactly `unit`."""
        return tuple(p for p in self.principals if role in p.roles and p.unit == unit)
