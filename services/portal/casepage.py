"""A case on one screen, the reason of its deadline, and its files."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, page
from services.contracts.actor import Action
from services.portal.casework import CASES, Casework

DONE = "done"
FILE_HEADERS = (
    "Content-Type",
    "Content-Disposition",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Cache-Control",
)


class CasePage(Casework):
    """Shows a case."""

    @page("GET", "/work/cases/<id>", Action.READ_CASES)
    def show_case(self, request: Request, visitor: Visitor, id: str) -> View:
        """What it is about, what has happened, and what can be done now."""
        return self.case_view(visitor, id, done=request.args.get(DONE, ""))

    @page("GET", "/work/cases/<id>/deadline", Action.READ_CASES)
    def show_deadline(self, request: Request, visitor: Visitor, id: str) -> View:
        """Every clock of the case, day by day: counted, skipped or subtracted, and why."""
        told = self.services.get("rectify", f"{CASES}/{id}/deadline", visitor.token)
        return View("work/deadline.html", {"id": id, "told": told, **self.words(visitor)})

    @page("GET", "/work/cases/<id>/evidence/<file_id>", Action.READ_CASES)
    def give_file(self, request: Request, visitor: Visitor, id: str, file_id: str) -> Response:
        """A file of evidence, to be saved."""
        path = f"{CASES}/{id}/evidence/{file_id}"
        answer = self.services.send("GET", "rectify", path, visitor.token)
        kept = {name: answer.headers[name] for name in FILE_HEADERS if name in answer.headers}
        return Response(answer.content, headers=kept)
