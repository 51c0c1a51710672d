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

RATING, RATINGS, LISTS = "rating", ("bad", "invalid"), ("entries", "left_out")
PARTED = ":"


class Explaining(Wired):
    """Leads from a figure to the ratings behind it, to another period and to other rules."""

    @api("GET", "/v1/explain/<period>/<unit>", Action.READ_SCORES, asks=Told)
    def explain(self, request: Request, actor: Actor, period: str, unit: str) -> View:
        """A unit's figures down to the ratings and cases behind them."""
        self._demand_sight(actor, unit)
        asked = read_query(request, Told)
        told = self._scorer(age_s=asked.age).explain(period, unit, asked.index)
        return {**told, "behind": self._nameless(told["behind"])}

    @api("GET", "/v1/explain/<period>/<unit>/<figure>", Action.READ_SCORES, asks=Explained)
    def explain_figure(
        self, request: Request, actor: Actor, period: str, unit: str, figure: str
    ) -> View:
        """One figure down to every id that it is counted from, page by page."""
        self._demand_sight(actor, unit)
        asked = read_query(request, Explained)
        proof = Proof(self._scorer(age_s=asked.age), period, unit, asked.index, figure)
        if asked.again:
            return proof.again()
        page = proof.page(asked.cursor)
        listed = {name: [self._entry(each) for each in page[name]] for name in LISTS}
        return {**page, **listed}

    def _nameless(self, behind: View) -> View:
        """What is behind a figure, without the errands by which a rater could be found."""
        ratings = {name: [self._called(key) for key in behind[name]] for name in RATINGS}
        cases = [
            {**case, "rating_key": self._called(case["rating_key"])} for case in behind["cases"]
        ]
        return {**ratings, "cases": cases}

    def _entry(self, entry: View) -> View:
        return {**entry, "id": self._called(entry["id"])} if entry["kind"] == RATING else entry

    def _called(self, key: str) -> str:
        """What a rating is called: a key with parts names its errand, so it is told as a hash."""
        return self.audit.hidden(key) if PARTED in key else key

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
