"""What the numbers mean, over HTTP; deadlines kept up to date."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Request

from services.adapters.http import api, read_query
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.calendar import DAY
from services.contracts.period import Period
from services.errors import Invalid, NotFound
from services.rectify.decision import Office
from services.rectify.figures import figures
from services.rectify.grants import Grants, counted
from services.rectify.rederiving import rederive_open
from services.rectify.wiring import Wired

REDERIVE_EVERY_S = 5.0
INSTANT = timedelta(milliseconds=1)


class Wanted(BaseModel):
    """The query string of figures: a month, quarter or year, and a unit with all below it.

    With `on` they are as they stood at the end of that local day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    period: str
    unit: str | None = None
    on: date | None = None

    def at(self, office: Office) -> datetime | None:
        """The past moment that is asked for; None for now. Raises Invalid for a day to come."""
        today = office.calendar.local(office.now)
        if self.on and self.on > today:
            raise Invalid(errors=[{"pointer": "/on", "detail": "is still to come"}])
        return office.calendar.begins(self.on + DAY) - INSTANT if self.on else None


class Overview(Wired):
    """Tells how things stand."""

    @api("GET", "/v1/cases/figures", Action.READ_CASES, asks=Wanted)
    def get_figures(self, request: Request, actor: Actor) -> dict[str, Any]:
        """The rates and times of the cases of a period, with their definitions: as of now, or
        as they stood at the end of a past day.
        """
        asked, office = read_query(request, Wanted), self._office()
        period, unit = Period.parse(asked.period), asked.unit or actor.unit
        if unit is None or unit not in actor.scope:
            raise NotFound("There is no such unit within your scope")
        units, cases = office.directory.subtree(unit) & actor.scope, self._cases()
        at = asked.at(office)
        them = cases.of_months_at(period, units, at) if at else cases.of_months(period, units)
        labels = {"period": period.key, "unit": unit, "rules": office.rules.label}
        looks = counted(Grants(self.db).of(period.first, period.last, units))
        told = figures(them, at or office.now)
        return {**labels, "at": at or office.now, **told, "looks": looks}

    @every(REDERIVE_EVERY_S)
    def rederive(self) -> None:
        """Set open deadlines anew after a change of the rules or the calendar."""
        if rederive_open(self._cases(), self._office()):
            self.outbox.wake()
