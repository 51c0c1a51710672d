"""Turns what is stored into tallies, months and an index that explains itself."""

import time
from logging import getLogger
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.bus.depths import Depths, InFlight
from services.adapters.clock import BusinessClock, Clock
from services.adapters.folder import Folder
from services.adapters.http import api, read_json, read_query
from services.adapters.http.bodies import read_body
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.recent import Recent, Recently
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.period import Period, a_day
from services.contracts.time_to_rate import rating_ends
from services.score import views
from services.score.archive import Imports
from services.score.audit import Audits
from services.score.board import REGION
from services.score.closing import Closer, Closing
from services.score.exports import Export, exported
from services.score.forms import Compared, Days, Explained, Exported, Reported, Sheet, Told, Watched
from services.score.happenings import Happenings
from services.score.hours import Hours
from services.score.importing import Importer, Submitted
from services.score.index import Recipe
from services.score.overviews import Overviews
from services.score.ownwindow import OwnWindow
from services.score.pace import Pace
from services.score.proof import Proof
from services.score.publicboard import Public
from services.score.recipes import load_recipes
from services.score.reports import report
from services.score.repository import INDEXES, Tallies
from services.score.rulesets import Rulesets
from services.score.scope import must_see, must_see_all, sight
from services.score.scorer import Scorer
from services.score.sheets import KINDS
from services.score.shelf import Months
from services.score.views import View
from services.score.whatif import Supposition, what_if

WAIT_S = 10.0
NIGHT_ENDS = 6
_log = getLogger(__name__)


class Score(Overviews, OwnWindow, Public):
    """Database in, figures out."""

    name = "score"
    pace = Pace()
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    registry: RegistryCache = Registry()
    recipes: dict[str, Recipe] = Folder("index", load_recipes)
    rules_named: Rulesets = Folder("rules", Rulesets)
    in_flight: InFlight = Depths()
    recent: Recently = Recent()

    @every(1)
    def recompute(self) -> None:
        """Bring touched tallies up to date."""
        start = time.monotonic()
        if self.pace.ready(start) and Tallies(self.db).recompute():
            self.pace.worked(start, time.monotonic())

    @every(60)
    def count_hours(self) -> None:
        """Count the hours of the days that have changed."""
        today = self.clock.now().astimezone(self.rules.current.region.zone).date()
        Hours(self.db).refresh(today)

    @every(60)
    def close_due(self) -> None:
        """Close last month once its day has come and everything is clear."""
        if Closer(self._scorer()).due() is None:
            return
        if closed := Closer(self._scorer(WAIT_S)).close_due():
            _log.info("%s closed by schedule", closed.period)

    @every(60)
    def check_at_night(self) -> None:
        """Once a night, recount every tally that a month may still read; tell and repair."""
        closer, audits = Closer(self._scorer()), Audits(self.db)
        local = closer.scorer.now.astimezone(self.rules.current.region.zone)
        if local.hour < NIGHT_ENDS and audits.claim(local.date(), self.clock.now()):
            found = closer.check(*closer.nights())
            audits.report(local.date(), found)
            if found.differences:
                _log.error("%d tallies differed from the ratings", len(found.differences))

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

    @api("GET", "/v1/tallies/checks", Action.READ_SCORES)
    def get_checks(self, request: Request, actor: Actor) -> list[View]:
        """What the checks of the last nights found and repaired, newest first."""
        self._demand_sight(actor, REGION)
        return list(Audits(self.db).latest())

    @api("POST", "/v1/tallies:check", Action.CLOSE_MONTH, takes=Days)
    def check_tallies(self, request: Request, actor: Actor) -> View:
        """Recount every bucket of these days now, tell what differed and repair it."""
        self._demand_sight(actor, REGION)
        days = read_json(request, Days)
        return Closer(self._scorer()).check(days.first, days.last).plain()

    @api("POST", "/v1/imports", Action.CLOSE_MONTH, takes=Submitted, answers={201: None})
    def post_import(self, request: Request, actor: Actor) -> tuple[int, View]:
        """Import figures of a period: JSON, or CSV or XLSX with `period` and `source` asked.

        Everything or nothing: with one wrong row nothing is imported, and every mistake is named.
        """
        importer = Importer(Imports(self.db), self.registry.current, sight(actor), self.clock.now())
        if request.mimetype in KINDS:
            asked = read_query(request, Sheet)
            return 201, importer.sheet(asked, read_body(request), request.mimetype, actor.id)
        return 201, importer.rows(read_json(request, Submitted), actor.id)

    @api("GET", "/v1/imports/<period>", Action.READ_SCORES)
    def get_imports(self, request: Request, actor: Actor, period: str) -> View:
        """What holds for a period, what is missing, and every import that there was."""
        importer = Importer(Imports(self.db), self.registry.current, sight(actor), self.clock.now())
        return importer.show(Period.parse(period), list(self.recipes.values()))

    @api("GET", "/v1/scores/<period>", Action.READ_SCORES, asks=Told)
    def get_scores(self, request: Request, actor: Actor, period: str) -> View:
        """The board of a period: live, as closed, or as last published (`2026-10@1`: as then)."""
        asked = read_query(request, Told)
        return self._scorer(age_s=asked.age).scores(period, asked.index, sight(actor))

    @api("GET", "/v1/indexes", Action.READ_SCORES)
    def get_indexes(self, request: Request, actor: Actor) -> View:
        """By which indexes units are scored here, and whose rules `what if` can suppose."""
        indexes = [
            {**views.recipe_view(each), "peers": list(each.peers)} for each in self.recipes.values()
        ]
        rules = self.rules.current.label
        return {"indexes": indexes, "rules": rules, "rules_named": self.rules_named.names}

    @api("GET", "/v1/reports/<period>", Action.READ_SCORES, asks=Reported)
    def get_report(self, request: Request, actor: Actor, period: str) -> Response:
        """The board as a file: XLSX with definitions, HTML to print, CSV or JSON."""
        asked = read_query(request, Reported)
        scorer = self._scorer(age_s=asked.age)
        kind, body = report(scorer, period, asked, sight(actor))
        head = {"Content-Disposition": f'attachment; filename="{period}.{asked.format}"'}
        return Response(body, 200, head, content_type=kind)

    @api("GET", "/v1/exports/<period>", Action.CLOSE_MONTH, asks=Exported)
    def get_export(self, request: Request, actor: Actor, period: str) -> Response:
        """Every rating, in the national reporting fields or the form of GB/T 39046 table 9."""
        self._demand_sight(actor, REGION)
        asked = read_query(request, Exported)
        export = Export(asked.form, self.rules.current, self.registry.current)
        lines = exported(export, Happenings(self.db), Period.parse(period))
        head = {"Content-Disposition": f'attachment; filename="{period}-{asked.form}.csv"'}
        return Response(lines, 200, head, content_type="text/csv; charset=utf-8")

    @api("GET", "/v1/compare/<period>", Action.READ_SCORES, asks=Compared)
    def compare(self, request: Request, actor: Actor, period: str) -> View:
        """Two periods or revisions side by side: why each unit moved, exactly."""
        asked = read_query(request, Compared)
        scorer = self._scorer(age_s=asked.age)
        return scorer.compare(period, asked.other, asked.index, sight(actor))

    @api("POST", "/v1/what-if/<period>", Action.READ_SCORES, takes=Supposition)
    def suppose(self, request: Request, actor: Actor, period: str) -> View:
        """The same period under other rules or another index, side by side; nothing is kept."""
        told = read_json(request, Supposition)
        return what_if(self._scorer(), period, told, self.rules_named, sight(actor))

    @api("GET", "/v1/explain/<period>/<unit>", Action.READ_SCORES, asks=Told)
    def explain(self, request: Request, actor: Actor, period: str, unit: str) -> View:
        """A unit's figures down to the ratings and cases behind them."""
        self._demand_sight(actor, unit)
        asked = read_query(request, Told)
        return self._scorer(age_s=asked.age).explain(period, unit, asked.index)

    @api("GET", "/v1/explain/<period>/<unit>/<figure>", Action.READ_SCORES, asks=Explained)
    def explain_figure(
        self, request: Request, actor: Actor, period: str, unit: str, figure: str
    ) -> View:
        """One figure down to every id that it is counted from, page by page."""
        self._demand_sight(actor, unit)
        asked = read_query(request, Explained)
        proof = Proof(self._scorer(age_s=asked.age), period, unit, asked.index, figure)
        return proof.again() if asked.again else proof.page(asked.cursor)

    @api("GET", "/v1/months/<period>", Action.READ_SCORES, asks=Watched)
    def get_month(self, request: Request, actor: Actor, period: str) -> View:
        """How far a period has come, and what would keep it from closing."""
        asked = read_query(request, Watched)
        return self._scorer(waiting_s=0, age_s=asked.age).month(period, asked.now)

    @api("GET", "/v1/months/<period>/late", Action.READ_SCORES)
    def get_late(self, request: Request, actor: Actor, period: str) -> View:
        """Presses that came in after the horizon of a published period: listed, not scored."""
        self._demand_sight(actor, REGION)
        return Closer(self._scorer()).late(period)

    @api("POST", "/v1/months/<period>:close", Action.CLOSE_MONTH, takes=Closing)
    def close(self, request: Request, actor: Actor, period: str) -> View:
        """Take the snapshot of a period that is over."""
        self._demand_sight(actor, REGION)
        closing = read_json(request, Closing)
        return Closer(self._scorer(WAIT_S)).close(period, closing, actor.id)

    @api("POST", "/v1/months/<period>:publish", Action.CLOSE_MONTH)
    def publish(self, request: Request, actor: Actor, period: str) -> View:
        """Publish the snapshot as an immutable revision."""
        self._demand_sight(actor, REGION)
        return Closer(self._scorer()).publish(period, actor.id)

    @api("POST", "/v1/months/<period>:revise", Action.CLOSE_MONTH, takes=Closing)
    def revise(self, request: Request, actor: Actor, period: str) -> View:
        """Close a published period again and publish the revision with difference and cause."""
        self._demand_sight(actor, REGION)
        closing = read_json(request, Closing)
        return Closer(self._scorer(WAIT_S)).revise(period, closing, actor.id)

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    def _demand_sight(self, actor: Actor, unit: str) -> None:
        if unit == REGION:
            must_see_all(actor, self.registry.current.unit)
        else:
            must_see(actor, unit, self.registry.current.unit)

    def _scorer(self, waiting_s: float | None = None, age_s: float = 0) -> Scorer:
        arrived = 0 if waiting_s is None else self.in_flight(waiting_s)
        rules: Any = self.rules.current
        return Scorer(
            Tallies(self.db),
            Happenings(self.db),
            Months(self.db),
            Imports(self.db),
            rules,
            tuple(self.recipes.values()),
            self.registry.current,
            rating_ends(rules.region, rules.rating.time_to_rate),
            self.clock.now(),
            arrived,
            self.recent.within(age_s),
        )
