"""The way in: the first page, signing in and out, the language, and the files of the pages."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from services.adapters.http import Windows, api
from services.adapters.pages import AssetsOnDisk, SessionStore, View, Visitor, go, page
from services.adapters.pages.assets import ASK_AGAIN, FOR_EVER
from services.adapters.pages.visitor import LANGUAGE_COOKIE, LANGUAGES
from services.contracts.actor import Actor
from services.errors import NotAuthenticated

A_YEAR_S = 365 * 24 * 3600
GUESSES = "guess"


class Entrance:
    """What needs no role."""

    assets: AssetsOnDisk
    sessions: SessionStore
    throttle: Windows

    @page("GET", "/", None)
    def first(self, request: Request, visitor: Visitor) -> View:
        """Where to go from here, by what the visitor may do."""
        return View("entrance/first.html")

    @page("GET", "/signin", None)
    def ask_who(self, request: Request, visitor: Visitor) -> View:
        """The form of signing in."""
        return View("entrance/signin.html", {"next": request.args.get("next", "/"), "wrong": False})

    @page("POST", "/signin", None)
    def sign_in(self, request: Request, visitor: Visitor) -> View | Response:
        """A session for whoever holds the token; a wrong one is said kindly, and not too often.

        Only wrong ones are counted: a whole hall may sign in from one address.
        """
        self.throttle.demand_room(GUESSES, request.remote_addr or "")
        wanted = request.form.get("next", "/")
        answer = go(wanted)
        try:
            self.sessions.open(request.form.get("token", "").strip(), answer, request.is_secure)
        except NotAuthenticated:
            self.throttle.pass_or_refuse(GUESSES, request.remote_addr or "")
            return View("entrance/signin.html", {"next": wanted, "wrong": True}, 401)
        return answer

    @page("POST", "/signout", None)
    def sign_out(self, request: Request, visitor: Visitor) -> Response:
        """End the session."""
        answer = go("/")
        self.sessions.close(request, answer)
        return answer

    @page("GET", "/language/<language>", None)
    def switch(self, request: Request, visitor: Visitor, language: str) -> Response:
        """Read on in another language."""
        answer = go(request.args.get("next", "/"))
        if language in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR_S, samesite="Lax", path="/")
        return answer

    @api("GET", "/static/<digest>/<path:path>", None)
    def static(self, request: Request, actor: Actor, digest: str, path: str) -> Response:
        """A style or script; under the name of its present content it never changes."""
        asset = self.assets.file(path)
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        return asset.response(zipped, FOR_EVER if digest == asset.digest else ASK_AGAIN)

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}
