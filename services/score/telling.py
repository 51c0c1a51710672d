"""The board of a period: as figures, as a report to hand round, and the ratings to hand up."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from services.adapters.http import api, read_query
from services.contracts.actor import Action, Actor
from services.contracts.period import Period
from services.score import views
from services.score.board import REGION
from services.score.exports import Export, exported
from services.score.forms import Exported, Listed, Reported
from services.score.happenings import Happenings
from services.score.reports import report
from services.score.scope import sight
from services.score.views import View
from services.score.wiring import Wired


class Telling(Wired):
    """Tells the scores of the units that somebody sees, on a page or in a file."""

    @api("GET", "/v1/scores/<period>", Action.READ_SCORES, asks=Listed)
    def get_scores(self, request: Request, actor: Actor, period: str) -> View:
        """The board of a period: live, as closed, or as last published (`2026-10@1`: as then)."""
        asked = read_query(request, Listed)
        page = self._scorer(age_s=asked.age).scores(period, asked.index, sight(actor))
        return views.in_brief(page) if asked.brief else page

    @api("GET", "/v1/indexes", Action.READ_SCORES)
    def get_indexes(self, request: Request, actor: Actor) -> View:
        """By which indexes units are scored here, and whose rules `what if` can suppose."""
        indexes = [
            {**views.recipe_view(each), "peers": list(each.peers)} for each in self.recipes.values()
        ]
        rules = self.rules.current.label
        return {"indexes": indexes, "rules": rules, "rules_named": self.rules_named.names}

    @api("GET", "/v1/reports/<period>", Action.READ_SCORES, asks=Reported, audited=True)
    def get_report(self, request: Request, actor: Actor, period: str) -> Response:
        """The board as a file: XLSX with definitions, HTML to print, CSV or JSON."""
        asked = read_query(request, Reported)
        scorer = self._scorer(age_s=asked.age)
        kind, body = report(scorer, period, asked, sight(actor))
        head = {"Content-Disposition": f'attachment; filename="{period}.{asked.format}"'}
        return Response(body, 200, head, content_type=kind)

    @api("GET", "/v1/exports/<period>", Action.CLOSE_MONTH, asks=Exported, audited=True)
    def get_export(self, request: Request, actor: Actor, period: str) -> Response:
        """Every rating, in the national reporting fields or the form of GB/T 39046 table 9."""
        self._demand_sight(actor, REGION)
        asked = read_query(request, Exported)
        export = Export(asked.form, self.rules.current, self.registry.current)
        lines = exported(export, Happenings(self.db), Period.parse(period))
        head = {"Content-Disposition": f'attachment; filename="{period}-{asked.form}.csv"'}
        return Response(lines, 200, head, content_type="text/csv; charset=utf-8")
