"""Days of a dashboard, each read again only once its tallies have changed."""

from __future__ import annotations

from datetime import date

from services.adapters.breathing import breathing
from services.adapters.mongo import Db
from services.adapters.remembered import Remember, forgetful
from services.contracts.period import days_between
from services.score.daily import Daily, Units
from services.score.editions import Editions
from services.score.repository import Tallies


class Dailies:
    """The days of some units, or of all."""

    def __init__(self, db: Db, remember: Remember = forgetful) -> None:
        self._tallies, self._editions, self._remember = Tallies(db), Editions(db), remember

    def between(self, first: date, last: date, units: Units = None) -> list[Daily]:
        """Each of these days, both inside."""
        days = list(days_between(first, last))
        editions = self._editions.of(map(str, days))
        return [self._of(day, editions[f"{day}"], units) for day in breathing(days)]

    def _of(self, day: date, edition: int, units: Units) -> Daily:
        def read() -> Daily:
            return Daily.of(f"{day}", breathing(self._tallies.between(day, day, units)))

        found: Daily = self._remember(("daily", day, units), edition, read)
        return found
