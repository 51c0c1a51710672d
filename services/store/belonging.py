"""Whose a rating is: the unit of its errand, window or device, as it was at the press. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.contracts.directory import Directory, Entry, active_at
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Mark

Reasons = dict[str, str]
"""Marks, each with its reason."""
Named = tuple[str, str]
"""What a press names: the kind of thing and its id."""


@dataclass(frozen=True)
class Refusal:
    """Why a press cannot be stored as it is; mend the registry or the sender, then replay."""

    reason: str
    detail: str


class Errand(NamedTuple):
    """What a rating takes from its errand. `day`: when it reached its stage, in the region.

    `rated_as`: the id of the rating that was given about it, says whoever reported it.
    """

    key: str
    unit: str
    day: str
    reached_at: datetime
    item: str | None = None
    staff: str | None = None
    rated_as: str | None = None
    submitted_by: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Errand:
        """The errand of a document."""
        known: dict[str, Any] = {name: document.get(name) for name in cls._fields[1:]}
        return cls(document["_id"], **known)


class Belonging(NamedTuple):
    """The unit of a rating, and what is to be remarked about how it was found."""

    unit: str
    marks: Reasons


def belonging(
    press: RatingSubmitted, errand: Errand | None, directory: Directory
) -> Belonging | Refusal:
    """The unit: the errand's, else the press's own, its window's or its device's, at the press.

    What did not count then decides nothing; if nothing else does, that is the reason to refuse.
    """
    unit, passive = errand.unit if errand else None, []
    for kind, id, registered in (
        ("unit", press.unit, directory.unit_periods),
        ("window", press.window, directory.window_periods),
        ("device", press.device, directory.device_periods),
    ):
        if id is None:
            continue
        known = registered.get(id)
        if known is None:
            return Refusal(f"unknown_{kind}", f"{kind} {id} is not in the registry")
        found = _unit_then(known, press.pressed_at, directory)
        if found is None:
            passive.append((kind, id))
        unit = unit or found
    if unit is None:
        return _refused(passive, press.pressed_at)
    return Belonging(unit, _remarked(press, passive, directory))


def _unit_then(known: Sequence[Entry], at: datetime, directory: Directory) -> str | None:
    for entry in known:
        if entry.active(at):
            unit = str(getattr(entry, "unit", entry.id))
            return unit if active_at(directory.unit_periods, unit, at) else None
    return None


def _refused(passive: Sequence[Named], at: datetime) -> Refusal:
    if not passive:
        return Refusal("no_unit", "nothing in the press says which unit it is about")
    remedy = "Mend active_from and active_to in the registry, then replay"
    return Refusal(f"inactive_{passive[0][0]}", f"{_inactive(passive[0], at)}. {remedy}")


def _remarked(press: RatingSubmitted, passive: Sequence[Named], directory: Directory) -> Reasons:
    """What was passed over. An item decides no unit and need not be registered."""
    item = directory.item_periods.get(press.item) if press.item is not None else None
    if item and not any(each.active(press.pressed_at) for each in item):
        passive = [*passive, ("item", str(press.item))]
    return {Mark.INACTIVE_PLACE: _inactive(passive[0], press.pressed_at)} if passive else {}


def _inactive(named: Named, at: datetime) -> str:
    kind, id = named
    return f"{kind} {id}, or its unit, did not count at {at.isoformat()}"
