"""The synthetic county: a registry from `config/registry/`, and a token for everybody in it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from services.console.stack.layout import PROJECT
from services.contracts.actor import Role
from services.contracts.directory import Device, Directory, Item, Principal, Unit, Window
from services.contracts.vocabulary import Channel

FILE = PROJECT / "config" / "registry" / "weiyuan-2020.yaml"
ERRAND_SYSTEM = "errands"
COUNTY_ROLES = (Role.DISPATCHER, Role.AUDITOR, Role.CALLER, Role.SUPERVISOR, Role.SCORER)
UNIT_ROLES = (Role.OFFICER, Role.APPROVER)
CALLED = {
    Role.DISPATCHER: "派单员",
    Role.AUDITOR: "申诉审核人",
    Role.CALLER: "回访员",
    Role.SUPERVISOR: "督办人",
    Role.SCORER: "考核员",
    Role.OFFICER: "整改经办人",
    Role.APPROVER: "审批人",
}


@dataclass(frozen=True)
class Office:
    """A unit as the generator sees it: where people come, what for, and how pleased they are."""

    id: str
    name: str
    peers: str
    hall: str
    windows: tuple[str, ...]
    unrated_windows: tuple[str, ...]
    items: dict[str, str]
    busy: float
    pleased: float

    @property
    def terminal(self) -> str:
        """The kiosk of this unit."""
        return f"terminal-{self.id}"


@dataclass(frozen=True)
class County:
    """The offices and the registry; `tokens` are made at run time and only their hashes go in."""

    offices: tuple[Office, ...]
    directory: Directory
    tokens: dict[str, str] = field(repr=False)


def build() -> County:
    """The county of the file, with fresh tokens."""
    plan = yaml.safe_load(FILE.read_text("utf-8"))
    root = Unit(**plan["county"])
    offices = tuple(_offices(plan))
    principals = [*_county_people(root.id), *systems(), *_unit_people(offices), *_kiosks(offices)]
    enrolled, tokens = enrol(principals)
    directory = Directory(
        units=(root, *(_unit(office, root.id) for office in offices)),
        windows=tuple(window for office in offices for window in _windows(office)),
        devices=tuple(device for office in offices for device in _devices(office)),
        items=tuple(
            Item(id=code, name=name, unit=office.id)
            for office in offices
            for code, name in office.items.items()
        ),
        principals=enrolled,
    )
    return County(offices, directory, tokens)


def enrol(people: Iterable[Principal]) -> tuple[tuple[Principal, ...], dict[str, str]]:
    """The same people, each with the hash of a fresh token; and the tokens of those with a role."""
    people = tuple(people)
    tokens = {person.id: secrets.token_urlsafe(32) for person in people if person.roles}
    hashes = {id: hashlib.sha256(token.encode()).hexdigest() for id, token in tokens.items()}
    enrolled = (
        person.model_copy(update={"token_hash": hashes.get(person.id)}) for person in people
    )
    return tuple(enrolled), tokens


def clerk(window: str) -> str:
    """Who sits at a window."""
    return f"clerk-{window}"


def _offices(plan: dict[str, Any]) -> Iterator[Office]:
    for group in ("departments", "towns"):
        for id, each in plan[group].items():
            rated, unrated = each["windows"], each.get("unrated_windows", 0)
            names = tuple(f"{id}-{number}" for number in range(1, rated + unrated + 1))
            yield Office(
                id=id,
                name=each["name"],
                peers=group,
                hall=plan["hall"] if group == "departments" else f"{each['name']}便民服务中心",
                windows=names[:rated],
                unrated_windows=names[rated:],
                items={f"{id}-item-{n}": name for n, name in enumerate(each["items"], 1)},
                busy=each["busy"],
                pleased=each["pleased"],
            )


def _unit(office: Office, parent: str) -> Unit:
    return Unit(id=office.id, name=office.name, parent=parent, peers=office.peers)


def _windows(office: Office) -> Iterator[Window]:
    for number, id in enumerate((*office.windows, *office.unrated_windows), 1):
        yield Window(id=id, name=f"{office.name}{number}号窗口", hall=office.hall, unit=office.id)


def _devices(office: Office) -> Iterator[Device]:
    yield Device(id=office.terminal, name=f"{office.name}自助终端", unit=office.id)
    for window in office.windows:
        yield Device(id=f"tablet-{window}", name="评价器", unit=office.id, window=window)


def _county_people(root: str) -> Iterator[Principal]:
    for role in COUNTY_ROLES:
        yield Principal(id=role, name=f"县{CALLED[role]}", roles=frozenset({role}), unit=root)


def systems() -> Iterator[Principal]:
    """What sends ratings, one for each channel, and what reports errands."""
    for id in (*Channel, ERRAND_SYSTEM):
        yield Principal(id=f"system-{id}", name=id, roles=frozenset({Role.SYSTEM}))


def _unit_people(offices: tuple[Office, ...]) -> Iterator[Principal]:
    for office in offices:
        for role in UNIT_ROLES:
            name, roles = f"{office.name}{CALLED[role]}", frozenset({role})
            yield Principal(id=f"{role}-{office.id}", name=name, roles=roles, unit=office.id)
        for number, window in enumerate((*office.windows, *office.unrated_windows), 1):
            name, unit = f"{office.name}{number}号窗口人员", office.id
            roles = frozenset({Role.CLERK})
            yield Principal(id=clerk(window), name=name, roles=roles, unit=unit, window=window)


def _kiosks(offices: tuple[Office, ...]) -> Iterator[Principal]:
    for office in offices:
        roles = frozenset({Role.DEVICE})
        yield Principal(id=office.terminal, name=office.terminal, roles=roles, unit=office.id)
