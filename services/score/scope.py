"""Whose figures somebody may see: those of the own subtree; without a unit, the whole region's."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from services.contracts.actor import Actor
from services.errors import NotAllowed, NotFound


class NotTheWholeRegion(NotAllowed):
    """This concerns every unit of the region; ask somebody whose scope is the whole region."""


def sight(actor: Actor) -> Callable[[str], bool]:
    """Which units the actor sees. Somebody who belongs to no unit works for the whole region."""
    return lambda unit: actor.unit is None or actor.sees(unit)


def must_see(actor: Actor, unit: str, units: Container[str]) -> None:
    """Raise NotFound unless `unit` is one of `units` and the actor sees it."""
    if unit not in units or not sight(actor)(unit):
        raise NotFound


def must_see_all(actor: Actor, units: Iterable[str]) -> None:
    """Raise NotTheWholeRegion unless the actor sees every unit."""
    if not all(map(sight(actor), units)):
        raise NotTheWholeRegion
