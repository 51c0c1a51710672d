"""A case for what came in elsewhere: a report at the hall, a hotline ticket, a letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.contracts.calendar import Calendar, calendar_of
from services.errors import HaopingError
from services.portal.caseforms import wrongs
from services.portal.casework import CASES, Casework

WRITTEN = ("source", "reference", "unit", "item", "window")
TICKED = ("named", "contactable")


class NewCase(Casework):
    """Opens a case by hand."""

    @page("GET", "/work/new", Action.OPEN_CASE)
    def ask_about_case(self, request: Request, visitor: Visitor) -> View:
        """The form."""
        return self._report_form(visitor, {})

    @page("POST", "/work/new", Action.OPEN_CASE)
    def open_case(self, request: Request, visitor: Visitor) -> View | Response:
        """Open the case; the same number of the same source leads to the case that is there."""
        said = request.form.to_dict()
        body = report(said, calendar_of(self.rulebook.current.region))
        try:
            opened = self.services.post("rectify", CASES, visitor.token, body)
        except HaopingError as error:
            return self._report_form(visitor, said, error)
        return go(f"/work/cases/{opened['id']}?done=open")

    def _report_form(
        self, visitor: Visitor, said: Mapping[str, str], error: HaopingError | None = None
    ) -> View:
        wrong = wrongs(error.extra.get("errors", ())) if error else {}
        values = {"said": said, "error": error, "wrong": wrong, **self.words(visitor)}
        return View("work/new.html", values, error.status if error else 200)


def report(said: Mapping[str, str], calendar: Calendar) -> dict[str, Any]:
    """The body of the report; a day that is none is left to the API to refuse."""
    body: dict[str, Any] = {name: said[name].strip() for name in WRITTEN if said.get(name)}
    body |= {name: name in said for name in TICKED}
    if day := said.get("occurred_at"):
        body["occurred_at"] = _moment(day, calendar)
    return body


def _moment(day: str, calendar: Calendar) -> str:
    try:
        return calendar.begins(date.fromisoformat(day)).isoformat()
    except ValueError:
        return day
