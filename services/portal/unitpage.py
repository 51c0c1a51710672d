"""A unit in a period: its score taken apart down to the single ratings and cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.at_once import at_once
from services.adapters.pages import View, Visitor, page
from services.contracts.actor import Action
from services.contracts.vocabulary import COMPOSITE
from services.errors import NotFound
from services.portal.boardview import BoardView, a_period
from services.portal.charts import log_part


class UnitPage(BoardView):
    """Explains every digit."""

    @page("GET", "/board/<period>/units/<unit>", Action.READ_SCORES)
    def unit(self, request: Request, visitor: Visitor, period: str, unit: str) -> View:
        """The terms of the score, every figure, what stands beside it, and why it moved."""
        index, key = request.args.get("index") or COMPOSITE, _with_revision(period)
        told, moved, indexes = at_once(
            lambda: self.figures(visitor, f"/v1/explain/{key}/{unit}", index=index),
            lambda: self.figures_if_any(visitor, f"/v1/compare/{key}", index=index),
            lambda: self.indexes(visitor),
        )
        lines = [moved["region"], *moved["units"]] if moved else []
        shown = {
            "key": key,
            "index": index,
            "told": told,
            "line": told["result"],
            "moved": next((each for each in lines if each["unit"] == unit), None),
            "before": moved["before"] if moved else None,
            "log_part": log_part,
        }
        return View("board/unit.html", {**shown, **indexes, **self.named(visitor)})

    @page("GET", "/board/<period>/units/<unit>/<figure>", Action.READ_SCORES)
    def figure(
        self, request: Request, visitor: Visitor, period: str, unit: str, figure: str
    ) -> View:
        """One figure, all that it is counted from, and whether that alone gives the same digit."""
        key, asked = _with_revision(period), request.args
        path, index = f"/v1/explain/{key}/{unit}/{figure}", asked.get("index") or COMPOSITE
        shown: Mapping[str, Any] = {
            "key": key,
            "index": index,
            "unit": unit,
            "figure": figure,
            "told": self.figures(visitor, path, index=index, cursor=asked.get("cursor") or None),
            "again": self.figures(visitor, path, index=index, again="true")
            if "again" in asked
            else None,
        }
        return View("board/figure.html", {**shown, **self.named(visitor)})


def _with_revision(period: str) -> str:
    """The period of an address with the revision that it names, if any. Raises NotFound."""
    _, at, revision = period.partition("@")
    if at and not revision.isdecimal():
        raise NotFound
    return f"{a_period(period).key}{at}{revision}"
