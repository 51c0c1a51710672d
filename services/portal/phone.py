"""Rating on a phone: through the link of an SMS or a code on a screen, or a printed plate."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.adapters.pages.guarding import FORM_FIELD
from services.adapters.services import ServicesByName
from services.errors import Gone, Invalid, NotFound, TooMany, Unavailable

LINKS = "/v1/links"
WORDS = ("name", "phone", "comment")
KINDLY = (Gone, NotFound, TooMany, Unavailable)
"""What is no fault of the citizen's, and has a page that says what to do instead."""


class Phone:
    """What a citizen sees who follows a link."""

    services: ServicesByName

    @page("GET", "/r/<token:token>", None)
    def invite(self, request: Request, visitor: Visitor, token: str) -> View:
        """The faces, and what the rating is about."""
        return self._question(token, {"press": str(uuid.uuid4())})

    @page("GET", "/p/<token:token>", None)
    def invite_by_plate(self, request: Request, visitor: Visitor, token: str) -> View:
        """The same for whoever stands at a window."""
        return self._question(token, {"press": str(uuid.uuid4())})

    @page("POST", "/r/<token:token>", None)
    def rate(self, request: Request, visitor: Visitor, token: str) -> View | Response:
        """Take the rating, then show its receipt; sent twice it is one rating."""
        return self._taken(token, request.form)

    @page("POST", "/p/<token:token>", None)
    def rate_by_plate(self, request: Request, visitor: Visitor, token: str) -> View | Response:
        """The same for whoever stands at a window."""
        return self._taken(token, request.form)

    def _question(self, token: str, typed: Mapping[str, Any], wrong: Invalid | None = None) -> View:
        try:
            link = self.services.get("capture", f"{LINKS}/{token}", None)
        except KINDLY as error:
            return _instead(error)
        if link["state"] != "open":
            return View("phone/instead.html", {"why": link["state"]}, Gone.status)
        shown = {"link": link, "typed": typed, "wrong": wrong}
        return View("phone/rate.html", shown, wrong.status if wrong else 200)

    def _taken(self, token: str, form: MultiDict[str, str]) -> View | Response:
        said = said_of(form)
        try:
            taken = self.services.post("capture", f"{LINKS}/{token}/rating", None, said)
        except Invalid as wrong:
            return self._question(token, said, wrong)
        except Unavailable as error:
            return _instead(error, again=form)
        except KINDLY as error:
            return _instead(error)
        return go(f"/receipt/{taken['receipt']['code']}?thanks=1")


def said_of(form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says, as the API takes it; of the tags, those of the level that was chosen."""
    level = form.get("level", "")
    said: dict[str, Any] = {"level": int(level)} if level.isdecimal() else {}
    tags = form.getlist(f"tags-{level}")
    words = {name: text for name in WORDS if (text := form.get(name, "").strip())}
    press = {"press": form["press"]} if form.get("press") else {}
    return said | words | press | ({"tags": tags} if tags else {})


def _instead(
    error: Gone | NotFound | TooMany | Unavailable, again: MultiDict[str, str] | None = None
) -> View:
    """`again`: the form that was sent. It goes once more as it is: perhaps it has arrived."""
    why = {Gone: "over", NotFound: "unknown", TooMany: "too_many", Unavailable: "later"}
    shown: dict[str, Any] = {"why": why[type(error)]}
    if again is not None:
        shown["again"] = [each for each in again.items(multi=True) if each[0] != FORM_FIELD]
    return View("phone/instead.html", shown, error.status)
