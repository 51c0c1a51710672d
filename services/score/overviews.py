"""What a dashboard asks of score: what happened over some days, and the ratings behind it."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from services.adapters.http import api, read_query
from services.contracts.actor import Action, Actor
from services.score.dailies import Dailies
from services.score.forms import Behind, Surveyed
from services.score.hours import Hours
from services.score.overview import Overview
from services.score.records import Records
from services.score.repository import Tallies
from services.score.scope import must_see, must_see_all
from services.score.wiring import Wired

View = dict[str, Any]


class Overviews(Wired):
    """Shows what happened at a unit with all below it, or in the whole region."""

    @api("GET", "/v1/overview", Action.READ_SCORES, asks=Surveyed)
    def get_overview(self, request: Request, actor: Actor) -> View:
        """Levels, days, channels, tags of bad ratings, and hours of the days asked about."""
        asked = read_query(request, Surveyed)
        units = self._units(actor, asked.unit)
        key = ("overview", asked.first, asked.last, asked.unit)
        shown = self.recent.within(asked.age)(key, lambda: self._overview(asked, units))
        return {"unit": asked.unit, **shown}

    @api("GET", "/v1/records", Action.READ_SCORES, asks=Behind)
    def get_records(self, request: Request, actor: Actor) -> View:
        """The ratings that a number of an overview is counted from, the newest first."""
        asked = read_query(request, Behind)
        return Records(self.db, asked, self.rules.current, self._units(actor, asked.unit)).page()

    def _overview(self, asked: Surveyed, units: frozenset[str] | None) -> View:
        fresh, now, rules = Tallies(self.db).fresh, self.clock.now(), self.rules.current
        remember, span = self.dailies.get, (asked.first, asked.last, units)
        dailies = Dailies(self.db, remember).between(*span)
        hours = list(Hours(self.db, remember).between(*span))
        shown = Overview(asked.first, asked.last, dailies, hours, rules).view()
        return {**shown, "at": now.astimezone(rules.region.zone).isoformat(), "fresh": fresh}

    def _units(self, actor: Actor, unit: str | None) -> frozenset[str] | None:
        """The unit with all below it; None for everything. Raises unless the actor sees it."""
        directory = self.registry.current
        if unit is None:
            must_see_all(actor, directory.unit)
            return None
        must_see(actor, unit, directory.unit)
        return directory.subtree(unit)
