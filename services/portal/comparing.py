"""Two periods side by side, and one under other rules: why a unit moved, and what if."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.at_once import at_once
from services.adapters.pages import View, Visitor, page
from services.contracts.actor import Action
from services.contracts.vocabulary import COMPOSITE
from services.errors import Invalid, NotFound
from services.portal.boardview import BoardView, a_period

SUPPOSED = ("rules", "other", "recipe")


class Comparing(BoardView):
    """Compares; nothing that is supposed is kept."""

    @page("GET", "/board/<period>/compare", Action.READ_SCORES)
    def compare(self, request: Request, visitor: Visitor, period: str) -> View:
        """A period beside another one, or a revision beside another."""
        index, other = request.args.get("index") or COMPOSITE, request.args.get("with") or None
        asked = {"index": index, **({"with": other} if other else {})}
        told, month, indexes = at_once(
            lambda: self.figures_if_any(visitor, f"/v1/compare/{period}", **asked),
            lambda: self.month_now(visitor, a_period(period)),
            lambda: self.indexes(visitor),
        )
        shown = {
            "key": period,
            "index": index,
            "other": other,
            "told": told,
            "month": month,
            "period": a_period(period),
        }
        return View("board/compare.html", {**shown, **indexes, **self.named(visitor)})

    @page("GET", "/board/<period>/what-if", Action.READ_SCORES)
    def ask_what_if(self, request: Request, visitor: Visitor, period: str) -> View:
        """What can be supposed."""
        return self._supposing(visitor, period, request.args)

    @page("POST", "/board/<period>/what-if", Action.READ_SCORES)
    def what_if(self, request: Request, visitor: Visitor, period: str) -> View:
        """The period as it is, and as it would be."""
        form, key = request.form, a_period(period).key
        said = {name: form[name] for name in SUPPOSED if form.get(name, "").strip()}
        body = {**said, "index": form.get("index") or COMPOSITE}
        try:
            told = self.services.post("score", f"/v1/what-if/{key}", visitor.token, body)
        except (Invalid, NotFound) as error:
            return self._supposing(visitor, period, form, error=error)
        return self._supposing(visitor, period, form, told=told)

    def _supposing(
        self,
        visitor: Visitor,
        period: str,
        typed: Mapping[str, str],
        *,
        told: Any = None,
        error: Invalid | NotFound | None = None,
    ) -> View:
        shown = {
            "key": a_period(period).key,
            "index": typed.get("index") or COMPOSITE,
            "typed": typed,
            "told": told,
            "error": error,
        }
        known = {**self.indexes(visitor), **self.named(visitor)}
        return View(
            "board/whatif.html", {**shown, **known}, error.status if error else HTTPStatus.OK
        )
