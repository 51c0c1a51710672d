"""What every part of score works with."""

from __future__ import annotations

from typing import Any

from services.adapters.bus.depths import InFlight
from services.adapters.clock import Clock
from services.adapters.http import Windows
from services.adapters.ledger import Record
from services.adapters.mongo import Db
from services.adapters.recent import Recently
from services.adapters.registry import RegistryCache
from services.adapters.remembered import Memory
from services.adapters.rulebook import RulesInForce
from services.contracts.actor import Actor
from services.contracts.time_to_rate import rating_ends
from services.score.archive import Imports
from services.score.board import REGION
from services.score.happenings import Happenings
from services.score.index import Recipe
from services.score.repository import Tallies
from services.score.rulesets import Rulesets
from services.score.scope import must_see, must_see_all
from services.score.scorer import Scorer
from services.score.shelf import Months


class Wired:
    """The dependencies that the service is given, and the scorer as it is just now."""

    db: Db
    clock: Clock
    rules: RulesInForce
    registry: RegistryCache
    recipes: dict[str, Recipe]
    rules_named: Rulesets
    in_flight: InFlight
    recent: Recently
    sums: Memory
    dailies: Memory
    windows: Windows
    audit: Record

    def _demand_sight(self, actor: Actor, unit: str) -> None:
        """Raise unless the actor sees the unit, or every unit where it is the region."""
        if unit == REGION:
            must_see_all(actor, self.registry.current.unit)
        else:
            must_see(actor, unit, self.registry.current.unit)

    def _scorer(
        self, waiting_s: float | None = None, age_s: float = 0, worth_s: float = 0
    ) -> Scorer:
        arrived = 0 if waiting_s is None else self.in_flight(waiting_s)
        rules: Any = self.rules.current
        return Scorer(
            Tallies(self.db),
            Happenings(self.db, self.sums.get),
            Months(self.db),
            Imports(self.db),
            rules,
            tuple(self.recipes.values()),
            self.registry.current,
            rating_ends(rules.region, rules.rating.time_to_rate),
            self.clock.now(),
            arrived,
            self.recent.within(age_s, worth_s),
        )
