"""The way in: the first page, the language, and the files of the pages."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from services.adapters.http import api
from services.adapters.pages import AssetsOnDisk, View, Visitor, go, page
from services.adapters.pages.assets import ASK_AGAIN, FOR_EVER
from services.adapters.pages.visitor import LANGUAGE_COOKIE, LANGUAGES
from services.contracts.actor import Actor
from services.portal.ownpassword import OwnPassword
from services.portal.vouchedsignin import VouchedSignIn

A_YEAR_S = 365 * 24 * 3600


class Entrance(OwnPassword, VouchedSignIn):
    """What needs no role."""

    assets: AssetsOnDisk

    @page("GET", "/", None)
    def first(self, request: Request, visitor: Visitor) -> View:
        """Where to go from here, by what the visitor may do."""
        return View("entrance/first.html")

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
