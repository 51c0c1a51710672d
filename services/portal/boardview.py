"""What every page of the board works with: the figures of score, the names, and whose they are."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from services.adapters.clock import Clock
from services.adapters.pages import Visitor
from services.adapters.registry import RegistryCache
from services.adapters.rulebook import RulesInForce
from services.adapters.services import ServicesByName
from services.contracts.period import Period
from services.errors import HaopingError, NotFound
from services.portal.casenames import Names

FRESH_ENOUGH_S = 5
"""How old, in seconds, figures may be that somebody looks at; decisions are made on none so old."""


class BoardView:
    """Asks about figures with the token of whoever looks."""

    clock: Clock
    rulebook: RulesInForce
    registry: RegistryCache
    services: ServicesByName

    def figures(self, visitor: Visitor, path: str, **asked: Any) -> Any:
        """What score answers; it may have worked it out a moment ago."""
        return self.services.get("score", path, visitor.token, age=FRESH_ENOUGH_S, **asked)

    def figures_if_any(self, visitor: Visitor, path: str, **asked: Any) -> Any:
        """The same, or None where there is nothing like it."""
        try:
            return self.figures(visitor, path, **asked)
        except NotFound:
            return None

    def month_now(self, visitor: Visitor, period: Period, *, age: int = FRESH_ENOUGH_S) -> Any:
        """What was decided about a period, and what would keep it from closing about now."""
        path = f"/v1/months/{period.key}"
        return self.services.get("score", path, visitor.token, now="true", age=age)

    def named(self, visitor: Visitor) -> dict[str, Any]:
        """The names of everything, and the units that the visitor may choose."""
        names = Names(self.registry.current, self.rulebook.current)
        everybody = frozenset(self.registry.current.unit)
        scope = visitor.actor.scope if visitor.actor.unit else everybody
        return {"names": names, "units": names.units(scope)}

    def indexes(self, visitor: Visitor) -> dict[str, Any]:
        """By which indexes units are scored here, and whose rules can be supposed."""
        found: dict[str, Any] = self.services.get("score", "/v1/indexes", visitor.token)
        return found

    @property
    def zone(self) -> ZoneInfo:
        """The time of the region."""
        return self.rulebook.current.region.zone

    @property
    def this_month(self) -> Period:
        """The month that goes on by the clock of the installation."""
        return Period.month_of(self.clock.now().astimezone(self.zone).date())


def a_period(key: str) -> Period:
    """The period of an address, whichever revision of it. Raises NotFound for none."""
    try:
        return Period.parse(key.partition("@")[0])
    except HaopingError as error:
        raise NotFound(error.message) from None
