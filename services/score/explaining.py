"""Why a figure is what it is: what it is counted from, why it moved, what would have been."""

from __future__ import annotations

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json, read_query
from services.contracts.actor import Action, Actor
from services.score.forms import Compared, Explained, Told
from services.score.proof import Proof
from services.score.scope import sight
from services.score.views import View
from services.score.whatif import Supposition, what_if
from services.score.wiring import Wired


class Explaining(Wired):
    """Leads from a figure to the ratings behind it, to another period and to other rules."""

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

    @api("GET", "/v1/compare/<period>", Action.READ_SCORES, asks=Compared)
    def compare(self, request: Request, actor: Actor, period: str) -> View:
        """Two periods or revisions side by side: why each unit moved, exactly."""
        asked = read_query(request, Compared)
        scorer = self._scorer(age_s=asked.age)
        return scorer.compare(period, asked.other, asked.index, sight(actor))

    @api("POST", "/v1/what-if/<period>", Action.READ_SCORES, takes=Supposition, audited=False)
    def suppose(self, request: Request, actor: Actor, period: str) -> View:
        """The same period under other rules or another index, side by side; nothing is kept."""
        told = read_json(request, Supposition)
        return what_if(self._scorer(), period, told, self.rules_named, sight(actor))
