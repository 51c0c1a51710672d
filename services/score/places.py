"""The places of units under which a published period stays, however they move later. Pure."""

from __future__ import annotations

from services.contracts.directory import Directory, Unit


def as_published(today: Directory, known: Directory) -> Directory:
    """Today's registry with every unit that was `known` below the same unit, among the same peers.

    A unit that was not known enters where it is today: it may have been registered late.
    """
    lost = (unit for unit in known.units if unit.id not in today.unit)
    units = (*(_as_known(unit, known) for unit in today.units), *lost)
    return Directory(version=today.version, units=units, windows=today.windows, items=today.items)


def _as_known(unit: Unit, known: Directory) -> Unit:
    then = known.unit.get(unit.id)
    if then is None:
        return unit
    return unit.model_copy(update={"parent": then.parent, "peers": then.peers})
