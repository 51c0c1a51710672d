"""Months: watched while they fill, closed when they are over, published, and revised."""

from __future__ import annotations

from logging import getLogger
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json, read_query
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.period import Period
from services.score.board import REGION
from services.score.closing import Closer, Closing
from services.score.forms import Watched
from services.score.months import Found
from services.score.shelf import Months
from services.score.views import View
from services.score.wiring import Wired

WAIT_S, WORTH_S = 10.0, 0.5
"""Seconds that a bus has to become quiet, and that checks must take to be told again."""
_log = getLogger(__name__)


class Deciding(Wired):
    """Tells how far a month has come, and carries out what is decided about it."""

    @every(60)
    def close_due(self) -> None:
        """Close a month once its day has come and everything is clear."""
        if not Closer(self._scorer()).due():
            return
        if closed := Closer(self._scorer(WAIT_S)).close_due():
            _log.info("%s closed by schedule", closed["period"])
            if settlement := closed["settlement"]:
                _log.info("%s has changed since: %s", settlement["period"], settlement["do"])

    @api("GET", "/v1/months/<period>", Action.READ_SCORES, asks=Watched)
    def get_month(self, request: Request, actor: Actor, period: str) -> View:
        """How far a period has come, and what would keep it from closing."""
        asked, of = read_query(request, Watched), Period.parse(period)

        def look() -> dict[str, Found]:
            scorer = self._scorer(0, asked.age, WORTH_S)
            return scorer.found(scorer.lately(scorer.months.get(of.key)))

        recent = self.recent.within(asked.age, WORTH_S)
        return self._scorer().month(of, lambda: recent(("found", of.key), look), asked.now)

    @api("GET", "/v1/months/<period>/late", Action.READ_SCORES)
    def get_late(self, request: Request, actor: Actor, period: str) -> View:
        """Presses that came in after the horizon of a published period: listed, not scored."""
        self._demand_sight(actor, REGION)
        return Closer(self._scorer()).late(period)

    @api("POST", "/v1/months/<period>:close", Action.CLOSE_MONTH, takes=Closing)
    def close(self, request: Request, actor: Actor, period: str) -> View:
        """Take the snapshot of a period that is over."""
        self._demand_sight(actor, REGION)
        closing, before = read_json(request, Closing), self._month_told(period)
        closed = Closer(self._scorer(WAIT_S)).close(period, closing, actor.id)
        self._tell_change(period, before, closing)
        return closed

    @api("POST", "/v1/months/<period>:publish", Action.CLOSE_MONTH)
    def publish(self, request: Request, actor: Actor, period: str) -> View:
        """Publish the snapshot as an immutable revision."""
        self._demand_sight(actor, REGION)
        before = self._month_told(period)
        published = Closer(self._scorer()).publish(period, actor.id)
        self._tell_change(period, before, None)
        return published

    @api("POST", "/v1/months/<period>:revise", Action.CLOSE_MONTH, takes=Closing)
    def revise(self, request: Request, actor: Actor, period: str) -> View:
        """Close a published period again and publish the revision with difference and cause."""
        self._demand_sight(actor, REGION)
        closing, before = read_json(request, Closing), self._month_told(period)
        revised = Closer(self._scorer(WAIT_S)).revise(period, closing, actor.id)
        self._tell_change(period, before, closing)
        return revised

    def _month_told(self, period: str) -> dict[str, Any]:
        month = Months(self.db).get(period)
        said = {"state": month.state.value, "version": month.version}
        return said | {"snapshot": month.snapshot, "revisions": len(month.published)}

    def _tell_change(self, period: str, before: dict[str, Any], closing: Closing | None) -> None:
        decided = closing.model_dump(mode="json", exclude_none=True) if closing else {}
        self.audit.about("month", period).changed(before, self._month_told(period) | decided)
