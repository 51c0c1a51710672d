"""The board: what happens today and has happened lately, and the ratings behind every number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.pages import View, Visitor, page
from services.contracts.actor import Action
from services.contracts.period import a_day
from services.portal.boardview import BoardView
from services.portal.charts import columns, log_part, nice_top, shade

SPANS = (7, 30, 90)
USUAL = 30
NARROWED = ("first", "last", "unit", "level", "bad", "channel", "tag")
DRAWN = {"columns": columns, "log_part": log_part, "nice_top": nice_top, "shade": shade}


class Board(BoardView):
    """Shows a unit with all below it, or the whole region."""

    @page("GET", "/board", Action.READ_SCORES)
    def board(self, request: Request, visitor: Visitor) -> View:
        """Today, and the weeks before it: days, levels, channels, hours and reasons."""
        asked = request.args
        last, days = self._last_day(asked), _span(asked.get("days", ""))
        first, unit = last - timedelta(days=days - 1), asked.get("unit") or visitor.actor.unit
        shown = {
            "told": self.figures(visitor, "/v1/overview", first=first, last=last, unit=unit),
            "unit": unit,
            "days": days,
            "spans": SPANS,
            "last": last,
            "is_today": last == self._today,
            "month": self.this_month,
            **DRAWN,
        }
        return View("board/overview.html", {**shown, **self.named(visitor)})

    @page("GET", "/board/records", Action.READ_SCORES)
    def records(self, request: Request, visitor: Visitor) -> View:
        """The ratings that a number is counted from."""
        asked = {name: request.args[name] for name in NARROWED if request.args.get(name)}
        page = {"cursor": request.args.get("cursor") or None}
        found = self.services.get("score", "/v1/records", visitor.token, **asked, **page)
        return View("board/records.html", {"found": found, "asked": asked, **self.named(visitor)})

    @property
    def _today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()

    def _last_day(self, asked: Mapping[str, Any]) -> date:
        return a_day(asked["last"]) if asked.get("last") else self._today


def _span(text: str) -> int:
    return next((span for span in SPANS if text == str(span)), USUAL)
