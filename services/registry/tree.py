"""The thinking of the registry: whether a new version of it holds together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from services.contracts.directory import Directory
from services.errors import Invalid

Complaint = dict[str, str]


def check(directory: Directory) -> None:
    """Raise Invalid, naming each entry that is double or points to nothing or in a circle."""
    if wrong := [*_doubles(directory), *_dangling(directory), *_circles(directory)]:
        raise Invalid("The registry does not hold together", errors=wrong)


def _complaint(kind: str, id: str, detail: str) -> Complaint:
    return {"pointer": f"/{kind}/{id}", "detail": detail}


def _entries(directory: Directory) -> Iterator[tuple[str, Any]]:
    for kind in ("units", "windows", "devices", "items", "principals"):
        for entry in getattr(directory, kind):
            yield kind, entry


def _doubles(directory: Directory) -> Iterator[Complaint]:
    counted = Counter((kind, entry.id) for kind, entry in _entries(directory))
    for (kind, id), count in counted.items():
        if count > 1:
            yield _complaint(kind, id, f"is there {count} times")


def _dangling(directory: Directory) -> Iterator[Complaint]:
    for kind, entry in _entries(directory):
        for field, known in (
            ("parent", directory.unit),
            ("unit", directory.unit),
            ("window", directory.window),
        ):
            target = getattr(entry, field, None)
            if target is not None and target not in known:
                yield _complaint(kind, entry.id, f"{field} {target} is not in the registry")


def _circles(directory: Directory) -> Iterator[Complaint]:
    for unit in directory.units:
        seen, above = {unit.id}, unit.parent
        while above in directory.unit and above not in seen:
            seen.add(above)
            above = directory.unit[above].parent
        if above in seen:
            yield _complaint("units", unit.id, f"stands below itself, by {above}")
