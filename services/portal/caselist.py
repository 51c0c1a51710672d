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
    MINE_AT_ONCE,
    Page,
    Summary,
    Wanted,
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
        found, now = self._of_the_tab(visitor, asked, others or mine), self.clock.now()
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

    def _own_cases(self, visitor: Visitor) -> Page | None:
        if tabs_for(visitor.actor.roles)[0].key != "mine":
            return None
        return self._cases(visitor, mine="true", limit=MINE_AT_ONCE)

    def _listed(self, visitor: Visitor, asked: Wanted) -> Page | None:
        """What the API lists; None where the asker's own cases are all that is asked for."""
        return None if asked.own else self._page_of(visitor, asked, asked.cursor)

    def _of_the_tab(self, visitor: Visitor, asked: Wanted, page: Page) -> Page:
        """What the tab shows of a page, or of the first one after it of which it shows any."""
        found = asked.kept(page)
        while found["next"] and not found["items"]:
            found = asked.kept(self._page_of(visitor, asked, found["next"]))
        return found

    def _page_of(self, visitor: Visitor, asked: Wanted, cursor: str | None) -> Page:
        return self._cases(visitor, **asked.query, cursor=cursor, limit=asked.at_once)

    def _cases(self, visitor: Visitor, **asked: Any) -> Page:
        found: Page = self.services.get("rectify", CASES, visitor.token, **asked)
        return found

    def _pressing(self, mine: Page | None) -> Summary | None:
        calendar, now = calendar_of(self.rulebook.current.region), self.clock.now()
        tomorrow = calendar.begins(calendar.local(now) + DAY)
        return None if mine is None else summary(mine["items"], tomorrow)

    def _case_exists(self, visitor: Visitor, number: str) -> bool:
        try:
            self.services.get("rectify", f"{CASES}/{number}", visitor.token)
        except NotFound:
            return False
        return True
