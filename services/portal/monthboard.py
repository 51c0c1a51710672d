"""The month: previewed, checked, closed, published and revised, and its units ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from http import HTTPStatus
from itertools import groupby
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.at_once import at_once
from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.contracts.printing import POINTS
from services.contracts.vocabulary import COMPOSITE
from services.errors import Conflict, HaopingError, Invalid
from services.portal.boardview import FRESH_ENOUGH_S, BoardView, a_period

Line = Mapping[str, Any]
REPORTS = ("xlsx", "csv", "json", "html")
EXPORTS = ("national", "gbt39046")
SENT_ON = ("Content-Type", "Content-Disposition")


class MonthBoard(BoardView):
    """Shows a period by an index, and lets the scorer decide about it."""

    @page("GET", "/board/<period>", Action.READ_SCORES)
    def month(self, request: Request, visitor: Visitor, period: str) -> View:
        """The units by place, why each moved, and how far the period has come."""
        return self._month(request, visitor, period, done=request.args.get("done", ""))

    @page("POST", "/board/<period>/<decision>", Action.CLOSE_MONTH)
    def decide(
        self, request: Request, visitor: Visitor, period: str, decision: str
    ) -> View | Response:
        """Close, publish or revise; what was refused is told beside what was typed."""
        form = request.form
        key, index = a_period(period).key, form.get("index", COMPOSITE)
        body = {
            "accept": form.getlist("accept"),
            "cause": form.get("cause", "").strip() or None,
            "after": form.get("after", type=int),
        }
        said = None if decision == "publish" else body
        try:
            self.services.post("score", f"/v1/months/{key}:{decision}", visitor.token, said)
        except (Conflict, Invalid) as error:
            return self._month(request, visitor, key, error=error, typed=body)
        return go(f"/board/{key}?index={index}&done={decision}#month")

    @page("GET", "/board/<period>/report.<kind>", Action.READ_SCORES)
    def report(self, request: Request, visitor: Visitor, period: str, kind: str) -> Response:
        """The board as a file, or to print."""
        asked = {
            "index": _index(request),
            "format": kind if kind in REPORTS else REPORTS[0],
        }
        return self._file(visitor, f"/v1/reports/{period}", asked)

    @page("GET", "/board/<period>/ratings.<form>", Action.CLOSE_MONTH)
    def ratings(self, request: Request, visitor: Visitor, period: str, form: str) -> Response:
        """Every rating in a form that others ask for."""
        asked = {"form": form if form in EXPORTS else EXPORTS[0]}
        return self._file(visitor, f"/v1/exports/{a_period(period).key}", asked)

    def _file(self, visitor: Visitor, path: str, asked: Mapping[str, str]) -> Response:
        answer = self.services.send("GET", "score", path, visitor.token, params=asked)
        return Response(answer.content, headers={n: answer.headers[n] for n in SENT_ON})

    def _month(
        self,
        request: Request,
        visitor: Visitor,
        key: str,
        *,
        done: str = "",
        error: HaopingError | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> View:
        period, index = a_period(key), _index(request)
        told, moved, month, indexes = at_once(
            lambda: self.figures(visitor, f"/v1/scores/{key}", index=index, brief="true"),
            lambda: self.figures_if_any(visitor, f"/v1/compare/{key}", index=index),
            lambda: self.month_now(visitor, period, age=0 if error else FRESH_ENOUGH_S),
            lambda: self.indexes(visitor),
        )
        shown = {
            "period": period,
            "key": key,
            "index": index,
            "told": told,
            "groups": by_peers(told["units"]),
            "differences": list(map(_difference, told.get("differences") or ())),
            "unranked": [each for each in told["units"] if each["rank"] is None],
            "moved": {each["unit"]: each for each in moved["units"]} if moved else {},
            "month": month,
            "is_over": self.clock.now() >= period.ends(self.zone),
            "this_month": self.this_month,
            "done": done,
            "error": error,
            "typed": typed or {},
        }
        status = error.status if error else HTTPStatus.OK
        return View("board/month.html", {**shown, **indexes, **self.named(visitor)}, status)


def _difference(told: Line) -> Line:
    """What a revision changed at a unit, with its scores as they are printed."""
    scores = {side: Fraction(told[side]) for side in ("before", "after") if told[side] is not None}
    return {**told, **{side: POINTS.text(score) for side, score in scores.items()}}


def by_peers(units: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """The ranked units of each group of peers, the best first."""
    ranked = [each for each in units if each["rank"] is not None]
    ranked.sort(key=lambda each: (each["peers"], each["rank"], each["unit"]))
    return [(peers, list(own)) for peers, own in groupby(ranked, lambda each: each["peers"])]


def _index(request: Request) -> str:
    return request.values.get("index") or COMPOSITE
