"""The scoreboard for everybody: what was published, by peers, with its definitions and as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.pages import HTML, Templates, View, Visitor, page
from services.adapters.pages.place import where
from services.adapters.recent import Recently
from services.adapters.services import ServicesByName
from services.portal.charts import log_part

PAGE = "/scoreboard"
SCORES = "/v1/public/scores"
FULL = 100
BOARD = "scoreboard/board.html"
SHARED_S = 60
SHARED = {"Cache-Control": f"public, max-age={SHARED_S}", "Vary": "Cookie"}
SENT_ON = ("content-type", "content-disposition")
Line = Mapping[str, Any]


class Scoreboard:
    """Pages that need no sign-in and show published periods only.

    Everybody who is not signed in is shown the same until something is published: it is made once.
    """

    services: ServicesByName
    recent: Recently
    templates: Templates

    @page("GET", PAGE, None)
    def scoreboard(self, request: Request, visitor: Visitor) -> View | Response:
        """The period that was published last, or that none was yet."""
        months = self._published_months()
        if not months:
            return View("scoreboard/empty.html", headers=_caching(visitor))
        return self._scoreboard(request, visitor, months[0]["period"], months)

    @page("GET", f"{PAGE}/<token:period>", None)
    def scoreboard_of(self, request: Request, visitor: Visitor, period: str) -> View | Response:
        """A period by the index and in the revision that was asked for."""
        return self._scoreboard(request, visitor, period, self._published_months())

    @page("GET", f"{PAGE}/<token:period>.csv", None)
    def scoreboard_csv(self, request: Request, visitor: Visitor, period: str) -> Response:
        """The same as open data, for a spreadsheet."""
        return self._scoreboard_file(request, visitor, f"{period}.csv", {})

    @page("GET", f"{PAGE}/<token:period>.json", None)
    def scoreboard_json(self, request: Request, visitor: Visitor, period: str) -> Response:
        """The same as open data, for a program."""
        name = f'attachment; filename="scoreboard-{period}.json"'
        return self._scoreboard_file(request, visitor, period, {"content-disposition": name})

    def _published_months(self) -> Any:
        return self.services.get("score", "/v1/public/months", None)

    def _scoreboard(
        self, request: Request, visitor: Visitor, period: str, months: Any
    ) -> View | Response:
        if visitor.signed_in:
            return View(BOARD, self._shown_board(request, period, months))

        def rendered() -> str:
            shown = self._shown_board(request, period, months)
            return self.templates.render(BOARD, shown, visitor, where(request))

        key = ("scoreboard", request.full_path, period, visitor.language, str(months))
        html = self.recent.within(SHARED_S)(key, rendered)
        return Response(html, headers=SHARED, content_type=HTML)

    def _shown_board(self, request: Request, period: str, months: Any) -> Mapping[str, Any]:
        board = self.services.get("score", f"{SCORES}/{period}", None, **_asked(request))
        groups = list(by_peers(board["units"]))
        return {"board": board, "months": months, "groups": groups, "length": length}

    def _scoreboard_file(
        self, request: Request, visitor: Visitor, name: str, headers: Mapping[str, str]
    ) -> Response:
        asked = {each: value for each, value in _asked(request).items() if value is not None}
        answer = self.services.send("GET", "score", f"{SCORES}/{name}", None, params=asked)
        sent_on = {each: answer.headers[each] for each in SENT_ON if each in answer.headers}
        return Response(answer.content, 200, {**sent_on, **headers, **_caching(visitor)})


def _asked(request: Request) -> dict[str, Any]:
    """By which index and in which revision; a revision that is no number is the last."""
    args = request.args
    return {"index": args.get("index") or None, "revision": args.get("revision", type=int)}


def _caching(visitor: Visitor) -> Mapping[str, str]:
    """A page without a name on it may be kept for a minute, for each language."""
    return {} if visitor.signed_in else SHARED


def by_peers(units: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    """The units of each group that is ranked together, best first; those of no group last."""
    ordered = sorted(units, key=lambda line: (line["peers"] or "~", *_by_place(line)))
    for peers, lines in groupby(ordered, key=lambda line: line["peers"] or ""):
        yield peers, list(lines)


def _by_place(line: Line) -> tuple[float, bool, str]:
    place = float("inf") if line["rank"] is None else line["rank"]
    return place, not line["levels"], line["unit"]


def length(printed: str) -> int:
    """How long the bar of a share is, of `FULL`: each tenfold share is a fifth longer.

    So one in ten thousand is seen beside nine thousand nine hundred and ninety-nine.
    """
    return round(FULL * log_part(float(printed.rstrip("%")), FULL))
