"""Finds the cases of whoever is on the phone, and shows supervisors who looked at whom."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from werkzeug.wrappers import Request

from services.adapters.http import api, read_json, read_query
from services.contracts.actor import Action, Actor
from services.contracts.period import Period
from services.contracts.phones import normalised, phone_hash
from services.rectify import parties
from services.rectify.decision import Office
from services.rectify.facts import Name
from services.rectify.grants import MOST_SHOWN, Grant, Grants, Looks, by_person
from services.rectify.raters import Rated
from services.rectify.repository import Cases
from services.rectify.views import row
from services.rectify.wiring import Wired


class LookUpForm(BaseModel):
    """The whole number of whoever is on the phone, as they say it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 -]{5,20}$", strip_whitespace=True)]


class Wanted(BaseModel):
    """The query string of the register: a month, quarter or year; without one, this month."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    period: str | None = None


class GrantsShown(BaseModel):
    """Who looked at raters and looked numbers up: by person, and each look, the newest first."""

    period: str
    people: list[Looks]
    looks: list[dict[str, Any]]


class LookingUp(Wired):
    """Looks numbers up by their keyed hash: nothing is opened."""

    @api("POST", "/v1/cases:by-phone", Action.REVEAL_RATER, takes=LookUpForm)
    def post_lookup(self, request: Request, actor: Actor) -> dict[str, Any]:
        """The cases of a telephone number that the asker sees; each look-up is recorded."""
        form, office = read_json(request, LookUpForm), self._office()
        keyed = phone_hash(self.key, form.phone)
        found = cases_of(self._cases(), Rated(self.db), office, actor, keyed)
        number = self.audit.hidden(normalised(form.phone))
        Grants(self.db).look(lookup(actor, office, form.command_id, number, found))
        self.audit.about("phone", number, actor.unit).changed({}, {"cases": len(found)})
        return {"items": [row(each, office) for each in found]}

    @api("GET", "/v1/grants", Action.READ_GRANTS, asks=Wanted, answers=GrantsShown)
    def get_grants(self, request: Request, actor: Actor) -> GrantsShown:
        """Every look at a rater within the asker's scope, and how often each person looked."""
        office = self._office()
        today = office.calendar.local(office.now)
        period = Period.parse(read_query(request, Wanted).period or f"{today:%Y-%m}")
        found = Grants(self.db).of(period.first, period.last, actor.scope)
        looks = [each.model_dump(exclude={"day", "units"}) for each in found[:MOST_SHOWN]]
        return GrantsShown(period=period.key, people=by_person(found), looks=looks)


def cases_of(
    cases: Cases, rated: Rated, office: Office, actor: Actor, keyed: str
) -> list[dict[str, Any]]:
    """The cases about ratings with this number, without those about the asker or their window."""
    found = cases.listed(map(cases.id_about, rated.of_phone(keyed)))
    return [
        document
        for kept, document in found
        if parties.sees(actor, kept.case) and parties.is_free(actor, kept.case, office.directory)
    ]


def lookup(
    actor: Actor, office: Office, command_id: str, number: str, found: list[dict[str, Any]]
) -> Grant:
    """One for each number and day: neither another number nor a later look hides behind a command.

    `number` is a keyed hash of it.
    """
    day = office.calendar.local(office.now).isoformat()
    return Grant(
        id=f"{actor.id}/{command_id}/{number}/{day}",
        kind="lookup",
        by=actor.id,
        at=office.now,
        day=day,
        units=(actor.unit,) if actor.unit else (),
        cases=tuple(each["_id"] for each in found),
    )
