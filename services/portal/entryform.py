"""One entry of the registry as a form: what is typed, what it makes, and what is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.contracts.directory import Device, Directory, Entry, Item, Principal, Unit, Window

NAME_LENGTH = 100
ID = re.compile(r"[^\s/]{1,64}")
DATES = ("active_from", "active_to")


@dataclass(frozen=True)
class Kind:
    """A kind of entry: what it is called in addresses, where it stands, and its own fields."""

    name: str
    field: str
    entry: type[Entry]
    fields: tuple[str, ...]


KINDS = {
    kind.name: kind
    for kind in (
        Kind("units", "units", Unit, ("parent", "peers")),
        Kind("windows", "windows", Window, ("hall", "unit")),
        Kind("devices", "devices", Device, ("unit", "window", "opens", "closes")),
        Kind("items", "items", Item, ("unit",)),
        Kind(
            "people", "principals", Principal, ("roles", "unit", "window", "mail", "oidc_subject")
        ),
    )
}


@dataclass(frozen=True)
class Typed:
    """What stands in the form, and what is wrong with it by field: a code of ours, or words."""

    values: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def found(directory: Directory, kind: Kind, id: str, begins: str) -> Entry | None:
    """The period of an entry that begins at `begins` (an ISO time; empty: without a beginning)."""
    known = [each for each in getattr(directory, kind.field) if each.id == id]
    return next((each for each in known if beginning(each) == begins), known[-1] if known else None)


def beginning(entry: Entry) -> str:
    """How the period of an entry is told from its others."""
    return entry.active_from.isoformat() if entry.active_from else ""


def periods_of(directory: Directory, kind: Kind, id: str) -> list[Entry]:
    """All periods of an entry, in order of time."""
    entries: Sequence[Entry] = getattr(directory, kind.field)
    return sorted((each for each in entries if each.id == id), key=beginning)


def as_typed(entry: Entry | None, kind: Kind, zone: ZoneInfo) -> dict[str, Any]:
    """An entry as the form shows it."""
    names = ("id", "name", *kind.fields, *DATES)
    values = {name: _shown(getattr(entry, name), zone) if entry else "" for name in names}
    return values | ({"roles": values["roles"] or []} if "roles" in values else {})


def _shown(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).date().isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return sorted(value) if isinstance(value, frozenset) else value or ""


def typed(form: Mapping[str, str], roles: Sequence[str], kind: Kind) -> dict[str, Any]:
    """What somebody has typed."""
    names = ("id", "name", *kind.fields, *DATES)
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in names}
    return values | ({"roles": list(roles)} if "roles" in kind.fields else {})


def made(
    values: Mapping[str, Any], before: Entry | None, kind: Kind, zone: ZoneInfo
) -> Entry | Typed:
    """The entry that the form makes, or what is wrong by field.

    A day stands for its beginning, unless the entry held another time of the same day.
    """
    errors = dict(_wrong(values))
    fields = {name: value for name, value in values.items() if value != ""}
    for name in DATES:
        if values[name] and name not in errors:
            was = getattr(before, name) if before else None
            fields[name] = _moment(values[name], was, zone)
    if errors:
        return Typed(values, errors)
    try:
        return kind.entry.model_validate(fields)
    except ValidationError as error:
        return Typed(values, {str(each["loc"][0]): each["msg"] for each in error.errors()})


def _wrong(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not ID.fullmatch(values["id"]):
        yield "id", "id_form"
    if not 0 < len(values["name"]) <= NAME_LENGTH:
        yield "name", "name_form"
    for name in DATES:
        if values[name] and not _is_day(values[name]):
            yield name, "day_form"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(day: str, before: datetime | None, zone: ZoneInfo) -> datetime:
    if before and before.astimezone(zone).date().isoformat() == day:
        return before
    return datetime.combine(date.fromisoformat(day), time(), zone)


def with_entry(directory: Directory, kind: Kind, before: Entry | None, after: Entry) -> Directory:
    """The directory in which `after` stands in the place of `before`, or at the end."""
    entries = list(getattr(directory, kind.field))
    if before is None:
        entries.append(after)
    else:
        entries[entries.index(before)] = after
    return directory.model_copy(update={kind.field: tuple(entries)})
