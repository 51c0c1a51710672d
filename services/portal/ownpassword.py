"""Changing one's own password: wanted, or asked for at the first sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, page
from services.adapters.pages.cookies import brought
from services.errors import Invalid, Refused
from services.portal.signin import BROWSER, SignIn

PAGE = "/password"
SAYS = {
    "at least 12 characters": "short",
    "at most 256 characters": "long",
    "at least 6 different characters": "monotonous",
    "must not contain your name or id": "named",
    "must be another one than before": "same",
}
"""The words of the registry, and those of ours for them; any other is about what is guessed."""


class OwnPassword(SignIn):
    """The form of changing a password."""

    @page("GET", PAGE, None)
    def ask_password(self, request: Request, visitor: Visitor) -> View:
        """The form, for whoever is signed in; others type their name too."""
        name = visitor.actor.id if visitor.signed_in else ""
        shown = {
            "name": name,
            "next": PAGE,
            "forced": False,
            "errors": [],
            "done": "done" in request.args,
        }
        return View("entrance/password.html", shown)

    @page("POST", PAGE, None)
    def change_password(self, request: Request, visitor: Visitor) -> View | Response:
        """Another password, and a new session by it: all others of this person end."""
        form = request.form
        if form.get("new", "") != form.get("again", ""):
            return self._again(request, ["differ"], HTTPStatus.UNPROCESSABLE_ENTITY)
        name = form.get("name", "").strip()
        body = {"name": name, "old": form.get("old", ""), "new": form.get("new", "")}
        known = brought(request, BROWSER, self.sessions.secured(request))
        try:
            self.services.post("registry", "/v1/passwords", None, body | {"browser": known})
            signed_in = self._session_by(request, name, body["new"])
        except Invalid as refused:
            return self._again(request, _said(refused), HTTPStatus.UNPROCESSABLE_ENTITY)
        except Refused as refused:
            return self._sign_in_form(form.get("next", "/"), refused, name)
        wanted = form.get("next", "/")
        return self._enter(request, signed_in, f"{PAGE}?done=1" if wanted == PAGE else wanted)

    def _again(self, request: Request, errors: Sequence[str], status: HTTPStatus) -> View:
        form = request.form
        shown = {
            "name": form.get("name", ""),
            "next": form.get("next", "/"),
            "forced": "forced" in form,
            "errors": errors,
            "done": False,
        }
        return View("entrance/password.html", shown, status)


def _said(refused: Invalid) -> list[str]:
    found = [str(each["detail"]) for each in refused.extra.get("errors", [])]
    return [SAYS.get(each, "guessed") for each in found] or ["guessed"]
