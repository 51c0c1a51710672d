"""The list of cases: tabs, filters, search, many given to one officer, and the list as a table."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from services.adapters.at_once import at_once
from services.adapters.mongo import Db
from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.contracts.calendar import DAY, calendar_of
from services.errors import NotFound
from services.portal.casesearch import case_number, hits
from services.portal.casetabs import (
    AT_ONCE,
    MINE_AT_ONCE,
    Row,
    Summary,
    Wanted,
    is_waiting,
    open_ones,
    summary,
    tabs_for,
    wanted,
)
from services.portal.casework import CASES, Casework
from services.portal.savedfilters import SavedFilters

TABLES = ("csv", "xlsx")
SENT_ON = ("Content-Type", "Content-Disposition")


class CaseList(Casework):
    """Shows the cases that somebody is responsible for, what is due first on top."""

    db: Db

    @page("GET", "/work", Action.READ_CASES)
    def list_cases(self, request: Request, visitor: Visitor) -> View:
        """One page of a tab, and above it what presses."""
        asked = wanted(request.args.to_dict(), visitor.actor.roles)
        mine, others = at_once(
            lambda: self._own_cases(visitor), lambda: self._listed(visitor, asked)
        )
        found, now = others or _own(asked, mine), self.clock.now()
        values = {
            "wanted": asked,
            "tabs": tabs_for(visitor.actor.roles),
            "rows": [(row, self.left(row, now)) for row in found["items"]],
            "next": found["next"],
            "summary": self._pressing(mine),
            "saved": SavedFilters(self.db).of(visitor.actor.id),
            "command_id": str(uuid4()),
            "nothing": "nothing" in request.args,
        }
        return View("work/list.html", {**values, **self.words(visitor)})

    @page("GET", "/work/find", Action.READ_CASES)
    def find_case(self, request: Request, visitor: Visitor) -> View | Response:
        """The case of this number; or the one filter, or those to choose from, of these words."""
        words = " ".join(request.args.get("q", "").split())
        number = case_number(words)
        if number and self._case_exists(visitor, number):
            return go(f"/work/cases/{number}")
        found = [] if number else hits(words, self.words(visitor)["choices"])
        if len(found) == 1:
            return go(f"/work?tab=all&{found[0].filter}={found[0].value}")
        return View("work/found.html", {"words": words, "number": number, "hits": found})

    @page("GET", "/work/export", Action.READ_CASES)
    def export_cases(self, request: Request, visitor: Visitor) -> Response:
        """The list with its filters as a file, as the API gives it."""
        asked = wanted(request.args.to_dict(), visitor.actor.roles)
        kind = request.args.get("format", "")
        told = {"format": kind if kind in TABLES else TABLES[0], "lang": visitor.language}
        query = {**asked.query, **told}
        answer = self.services.send(
            "GET", "rectify", f"{CASES}:export", visitor.token, params=query
        )
        return Response(answer.content, headers={n: answer.headers[n] for n in SENT_ON})

    @page("POST", "/work/assign", Action.ASSIGN_CASES)
    def assign_cases(self, request: Request, visitor: Visitor) -> View | Response:
        """Give the cases that were ticked to one officer, and say what became of each."""
        form = request.form
        ticked = [each.partition(":") for each in form.getlist("case")]
        back = f"/work?{form.get('query', '')}"
        if not ticked or not form.get("assignee"):
            return go(f"{back}&nothing=1")
        order = {
            "command_id": form.get("command_id", ""),
            "assignee": form["assignee"],
            "cases": [{"id": id, "expected_version": version} for id, _, version in ticked],
        }
        done = self.services.post("rectify", f"{CASES}:assign", visitor.token, order)
        values = {"done": done, "assignee": form["assignee"], "back": back}
        return View("work/assigned.html", {**values, **self.words(visitor)})

    def _own_cases(self, visitor: Visitor) -> list[Row] | None:
        if tabs_for(visitor.actor.roles)[0].key != "mine":
            return None
        asked = {"mine": "true", "limit": MINE_AT_ONCE}
        found: list[Row] = self.services.get("rectify", CASES, visitor.token, **asked)["items"]
        return found

    def _listed(self, visitor: Visitor, asked: Wanted) -> dict[str, Any] | None:
        """What the API lists; None where the asker's own cases are all that is asked for."""
        if asked.own:
            return None
        query = {**asked.query, "cursor": asked.cursor, "limit": AT_ONCE}
        found: dict[str, Any] = self.services.get("rectify", CASES, visitor.token, **query)
        return found

    def _pressing(self, mine: list[Row] | None) -> Summary | None:
        calendar, now = calendar_of(self.rulebook.current.region), self.clock.now()
        tomorrow = calendar.begins(calendar.local(now) + DAY)
        return None if mine is None else summary(mine, tomorrow)

    def _case_exists(self, visitor: Visitor, number: str) -> bool:
        try:
            self.services.get("rectify", f"{CASES}/{number}", visitor.token)
        except NotFound:
            return False
        return True


def _own(asked: Wanted, mine: list[Row]) -> dict[str, Any]:
    own = open_ones(mine)
    waiting = asked.tab.key == "waiting"
    return {"items": [row for row in own if is_waiting(row)] if waiting else own, "next": None}
