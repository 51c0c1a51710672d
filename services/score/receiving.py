"""Figures that others count: taken in whole or not at all, and what holds for a period."""

from __future__ import annotations

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json, read_query
from services.adapters.http.bodies import MAX_OPENED_BYTES, read_body
from services.contracts.actor import Action, Actor
from services.contracts.period import Period
from services.score.archive import Imports
from services.score.forms import Sheet
from services.score.importing import Importer, Submitted
from services.score.scope import sight
from services.score.sheets import KINDS
from services.score.views import View
from services.score.wiring import Wired


class Receiving(Wired):
    """Takes figures as rows or as a table, and shows what there is."""

    @api("POST", "/v1/imports", Action.CLOSE_MONTH, takes=Submitted, answers={201: None})
    def post_import(self, request: Request, actor: Actor) -> tuple[int, View]:
        """Import figures of a period: JSON, or CSV or XLSX with `period` and `source` asked.

        Everything or nothing: with one wrong row nothing is imported, and every mistake is named.
        """
        importer = self._importer(actor)
        if request.mimetype in KINDS:
            asked = read_query(request, Sheet)
            self.audit.about("import", asked.period).changed({}, {"source": asked.source})
            return 201, importer.sheet(asked, read_body(request), request.mimetype, actor.id)
        rows = read_json(request, Submitted, MAX_OPENED_BYTES)
        self.audit.about("import", rows.period).changed({}, {"source": rows.source})
        return 201, importer.rows(rows, actor.id)

    @api("GET", "/v1/imports/<period>", Action.READ_SCORES)
    def get_imports(self, request: Request, actor: Actor, period: str) -> View:
        """What holds for a period, what is missing, and every import that there was."""
        importer, zone = self._importer(actor), self.rules.current.region.zone
        return importer.show(Period.parse(period), list(self.recipes.values()), zone)

    def _importer(self, actor: Actor) -> Importer:
        return Importer(Imports(self.db), self.registry.current, sight(actor), self.clock.now())
