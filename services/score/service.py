"""Turns what is stored into tallies, months and an index that explains itself."""

import time

from werkzeug.wrappers import Request

from services.adapters.clock import BusinessClock, Clock
from services.adapters.folder import Folder
from services.adapters.http import api, read_json
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.score import views
from services.score.board import REGION
from services.score.errands import rating_ends
from services.score.happenings import Happenings
from services.score.index import Recipe
from services.score.pace import Pace
from services.score.period import a_day
from services.score.recipes import load_recipes
from services.score.repository import INDEXES, Months, Tallies
from services.score.scope import must_see, must_see_all, sight
from services.score.scorer import Closing, Scorer
from services.score.views import View

DEFAULT_INDEX = "haochaping-composite"


class Score:
    """Database in, figures out."""

    name = "score"
    pace = Pace()
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    recipes: dict[str, Recipe] = Folder("index", load_recipes)

    @every(1)
    def recompute(self) -> None:
        """Bring touched tallies up to date."""
        start = time.monotonic()
        if self.pace.ready(start) and Tallies(self.db).recompute():
            self.pace.worked(start, time.monotonic())

    @api("GET", "/v1/tallies", Action.READ_SCORES)
    def get_tallies(self, request: Request, actor: Actor) -> View:
        """Raw sums of the days `from` to `to`, of the subtree of `unit` or of the region."""
        first, last = a_day(request.args.get("from", "")), a_day(request.args.get("to", ""))
        unit = request.args.get("unit")
        self._demand_sight(actor, unit or REGION)
        tallies = Tallies(self.db)
        fresh = tallies.fresh
        units = self.registry.current.subtree(unit) if unit else None
        sums = views.tallies_view(tallies.cells(first, last, units), fresh)
        return {"from": f"{first}", "to": f"{last}", "unit": unit, **sums}

    @api("GET", "/v1/scores/<period>", Action.READ_SCORES)
    def get_scores(self, request: Request, actor: Actor, period: str) -> View:
        """The board of a period: live, as closed, or as last published."""
        index = request.args.get("index", DEFAULT_INDEX)
        return self._scorer().scores(period, index, sight(actor))

    @api("GET", "/v1/explain/<period>/<unit>", Action.READ_SCORES)
    def explain(self, request: Request, actor: Actor, period: str, unit: str) -> View:
        """A unit's figures down to the ratings and cases behind them."""
        self._demand_sight(actor, unit)
        return self._scorer().explain(period, unit, request.args.get("index", DEFAULT_INDEX))

    @api("GET", "/v1/months/<period>", Action.READ_SCORES)
    def get_month(self, request: Request, actor: Actor, period: str) -> View:
        """How far a period has come, and what would keep it from closing."""
        return self._scorer().month(period)

    @api("POST", "/v1/months/<period>:close", Action.CLOSE_MONTH)
    def close(self, request: Request, actor: Actor, period: str) -> View:
        """Take the snapshot of a period that is over."""
        self._demand_sight(actor, REGION)
        return self._scorer().close(period, read_json(request, Closing), actor.id)

    @api("POST", "/v1/months/<period>:publish", Action.CLOSE_MONTH)
    def publish(self, request: Request, actor: Actor, period: str) -> View:
        """Publish the snapshot as an immutable revision."""
        self._demand_sight(actor, REGION)
        return self._scorer().publish(period, actor.id)

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    def _demand_sight(self, actor: Actor, unit: str) -> None:
        if unit == REGION:
            must_see_all(actor, self.registry.current.unit)
        else:
            must_see(actor, unit, self.registry.current.unit)

    def _scorer(self) -> Scorer:
        rules = self.rules.current
        return Scorer(
            Tallies(self.db),
            Happenings(self.db),
            Months(self.db),
            rules,
            tuple(self.recipes.values()),
            self.registry.current,
            rating_ends(rules.region, rules.rating.time_to_rate),
            self.clock.now(),
        )
