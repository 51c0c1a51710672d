"""The thinking of the registry: whether a new version of it holds together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from services.contracts.directory import Directory, Entry, periods
from services.errors import Invalid

Complaint = dict[str, str]
KINDS = ("units", "windows", "devices", "items", "principals")
MOVABLE = frozenset({"windows", "devices", "items"})
OVERLAP = (
    "is there twice at the same time: end the first with active_to when the second begins, with "
    "active_from"
)


def check(directory: Directory) -> None:
    """Raise Invalid, naming each entry that is double or points to nothing or in a circle."""
    found = (_endless, _doubles, _dangling, _circles)
    if wrong := [complaint for each in found for complaint in each(directory)]:
        raise Invalid("The registry does not hold together", errors=wrong)


def _complaint(kind: str, id: str, detail: str) -> Complaint:
    return {"pointer": f"/{kind}/{id}", "detail": detail}


def _entries(directory: Directory) -> Iterator[tuple[str, Any]]:
    for kind in KINDS:
        for entry in getattr(directory, kind):
            yield kind, entry


def _endless(directory: Directory) -> Iterator[Complaint]:
    for kind, entry in _entries(directory):
        if entry.active_from and entry.active_to and entry.active_to <= entry.active_from:
            yield _complaint(kind, entry.id, "ends before it begins: look at active_to")


def _doubles(directory: Directory) -> Iterator[Complaint]:
    """Only what moves from unit to unit may be there twice, and never at the same time."""
    for kind in KINDS:
        for id, known in periods(getattr(directory, kind)).items():
            if len(known) > 1 and kind not in MOVABLE:
                yield _complaint(kind, id, f"is there {len(known)} times")
            elif any(not _follows(before, after) for before, after in pairwise(known)):
                yield _complaint(kind, id, OVERLAP)


def _follows(before: Entry, after: Entry) -> bool:
    begins, ended = after.active_from, before.active_to
    return begins is not None and ended is not None and ended <= begins


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
