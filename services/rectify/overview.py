"""What the numbers mean, and whether histories are whole, over HTTP; deadlines kept up to date."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Request

from services.adapters.http import api, read_query
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.contracts.period import Period
from services.errors import NotFound
from services.rectify import desk
from services.rectify.document import SLOTS
from services.rectify.examining import fault
from services.rectify.figures import figures
from services.rectify.rederiving import rederive_open
from services.rectify.wiring import Wired

REDERIVE_EVERY_S = 5.0


class Wanted(BaseModel):
    """The query string of figures: a month, quarter or year, and a unit with all below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    period: str
    unit: str | None = None


class Part(BaseModel):
    """Which part of all cases to examine: `part` of `parts`, from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    part: Annotated[int, Field(ge=0, lt=SLOTS)] = 0


class Broken(BaseModel):
    """A case whose history is not whole, and what is wrong with it."""

    id: str
    fault: str


class Examined(BaseModel):
    """How many histories were examined, which are not whole, and the next part; null: the last."""

    examined: int
    broken: list[Broken]
    next: int | None


class Overview(Wired):
    """Tells how things stand."""

    @api("GET", "/v1/cases/figures", Action.READ_CASES, asks=Wanted)
    def get_figures(self, request: Request, actor: Actor) -> dict[str, Any]:
        """The rates and times of the cases of a period, with their definitions, as of now."""
        asked, office = read_query(request, Wanted), self._office()
        period, unit = Period.parse(asked.period), asked.unit or actor.unit
        if unit is None or unit not in actor.scope:
            raise NotFound("There is no such unit within your scope")
        units = office.directory.subtree(unit) & actor.scope
        found = figures(self._cases().of_months(period, units), office.now)
        labels = {"period": period.key, "unit": unit, "rules": office.rules.label}
        return {**labels, "at": office.now, **found}

    @api("GET", "/v1/cases:verify", Action.READ_CASES, asks=Part, answers=Examined)
    def verify_cases(self, request: Request, actor: Actor) -> Examined:
        """Examine the histories of a part of the cases in the actor's scope."""
        part = read_query(request, Part).part
        seen = [
            document
            for document in self._cases().whole(part)
            if actor.scope.intersection(document["seen_from"])
        ]
        faults = [(document["_id"], fault(self.key, document)) for document in seen]
        broken = [Broken(id=id, fault=wrong) for id, wrong in faults if wrong]
        following = part + 1 if part + 1 < SLOTS else None
        return Examined(examined=len(seen), broken=broken, next=following)

    @api("GET", "/v1/cases/<string:id>/verify", Action.READ_CASES, answers=Examined)
    def verify_case(self, request: Request, actor: Actor, id: str) -> Examined:
        """Examine the history of one case."""
        cases = self._cases()
        desk.visible(cases, actor, id)
        wrong = fault(self.key, cases.whole_case(id))
        broken = [Broken(id=id, fault=wrong)] if wrong else []
        return Examined(examined=1, broken=broken, next=None)

    @every(REDERIVE_EVERY_S)
    def rederive(self) -> None:
        """Set open deadlines anew after a change of the rules or the calendar."""
        if rederive_open(self._cases(), self._office()):
            self.outbox.wake()
