"""Tallies: kept up to date, checked at night and on demand, and shown as they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from logging import getLogger

from opentelemetry.trace import SpanKind
from werkzeug.wrappers import Request

from services.adapters.http import api, read_json
from services.adapters.patience import Rest
from services.adapters.telemetry import Figure
from services.adapters.telemetry.spans import going_on, telling
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.period import a_day
from services.score import views
from services.score.audit import Audits
from services.score.board import REGION
from services.score.closing import Closer
from services.score.forms import Days
from services.score.hours import Hours
from services.score.repository import Tallies
from services.score.views import View
from services.score.wiring import Wired

NIGHT_ENDS = 6
REST_PER_WORK, LONGEST_REST_S = 2.0, 0.5
"""A press that comes just after a long recount began is in the next: two of them, and a rest."""
_log = getLogger(__name__)


class Tallying(Wired):
    """Counts what was touched, and counts again whether it was counted right."""

    rest = Rest(REST_PER_WORK, LONGEST_REST_S)

    @every(1)
    def recompute(self) -> None:
        """Bring touched tallies up to date."""
        start = time.monotonic()
        if self.rest.over(start) and self._recomputed():
            self.rest.after(start, time.monotonic())

    def _recomputed(self) -> int:
        """How many tallies; what they came of is looked up for whoever collects spans."""
        tallies = Tallies(self.db)
        came = tallies.traces() if telling() else []
        if not came:
            return tallies.recompute()
        with going_on("score", "recompute tallies", SpanKind.CONSUMER, came):
            return tallies.recompute()

    @every(60)
    def count_hours(self) -> None:
        """Count the hours of the days that have changed."""
        today = self.clock.now().astimezone(self.rules.current.region.zone).date()
        Hours(self.db).refresh(today)

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

    def _behind(self) -> Iterator[Figure]:
        """How far the tallies are behind the ratings."""
        waiting, oldest = Tallies(self.db).waiting()
        age = (self.clock.now() - oldest).total_seconds() if oldest else 0.0
        yield Figure("haoping_tallies_waiting", waiting)
        yield Figure("haoping_tallies_oldest_seconds", max(0.0, age))

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
