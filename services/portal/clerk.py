"""Whoever sits at a window: how it is rated, in groups, and what they have to say to a case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.adapters.services import ServicesByName
from services.contracts.actor import Action
from services.errors import Conflict, Invalid

PAGE = "/my-window"
LONGEST = 2000


class Clerk:
    """The page of one's own window."""

    services: ServicesByName

    @page("GET", PAGE, Action.READ_OWN_WINDOW)
    def my_window(self, request: Request, visitor: Visitor) -> View:
        """Counts by level and month, and the cases about the window."""
        return self._window(visitor, done=request.args.get("done"))

    @page("POST", f"{PAGE}/statement", Action.STATE_FOR_WINDOW)
    def make_statement(self, request: Request, visitor: Visitor) -> View | Response:
        """Add a statement to a case; what was typed is never lost."""
        form = request.form
        body = {"command_id": form["command_id"], "text": form.get("text", "").strip()}
        path = f"/v1/cases/{form['case']}/statement"
        try:
            self.services.post("rectify", path, visitor.token, body)
        except (Conflict, Invalid) as error:
            said = {"case": form["case"], "text": body["text"], "error": error}
            return self._window(visitor, said=said, status=error.status)
        return go(f"{PAGE}?done={form['case']}#cases")

    def _window(
        self,
        visitor: Visitor,
        done: str | None = None,
        said: Mapping[str, object] | None = None,
        status: int = HTTPStatus.OK,
    ) -> View:
        shown = {
            "results": self.services.get("score", "/v1/my-window", visitor.token),
            "cases": self.services.get("rectify", "/v1/my-window/cases", visitor.token),
            "new_id": lambda: str(uuid.uuid4()),
            "done": done,
            "said": said or {},
            "longest": LONGEST,
        }
        return View("clerk/window.html", shown, status)
