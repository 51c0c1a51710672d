"""Signing in by an identity provider: there with a state of its own, and back with it."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.openid import BACK
from services.adapters.pages import View, Visitor, page
from services.adapters.pages.cookies import brought, drop, keep
from services.errors import Refused
from services.portal.signin import REASONS, SignIn

COOKIE = "haoping_openid"
LASTS = timedelta(minutes=10)
LONGEST_NEXT = 500


class VouchedSignIn(SignIn):
    """The way over the identity provider."""

    @page("GET", "/signin/openid", None)
    def to_provider(self, request: Request, visitor: Visitor) -> Response:
        """To the provider; what has to come back is kept in a cookie for ten minutes."""
        began: dict[str, str] = self.services.post("registry", "/v1/sign-ins:begin", None)
        wanted = request.args.get("next", "/")[:LONGEST_NEXT]
        kept = {name: began[name] for name in ("state", "nonce", "verifier")} | {"next": wanted}
        answer = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": began["url"]})
        keep(answer, COOKIE, _written(kept), self.sessions.secured(request), LASTS)
        return answer

    @page("GET", BACK, None)
    def from_provider(self, request: Request, visitor: Visitor) -> View | Response:
        """A session for whom the provider vouches, if this browser set out for it."""
        secured = self.sessions.secured(request)
        kept = _read(brought(request, COOKIE, secured) or "")
        answer = self._came_back(request, kept)
        if isinstance(answer, Response):
            drop(answer, COOKIE, secured)
        return answer

    def _came_back(self, request: Request, kept: dict[str, Any]) -> View | Response:
        state, code = request.args.get("state", ""), request.args.get("code", "")
        ours = bool(kept) and hmac.compare_digest(state.encode(), kept["state"].encode())
        if not ours or not code:
            return self._refused(kept, HTTPStatus.UNAUTHORIZED)
        body = {"code": code, "nonce": kept["nonce"], "verifier": kept["verifier"]}
        try:
            signed_in = self.services.post("registry", "/v1/sign-ins:vouched", None, body)
        except Refused as refused:
            return self._refused(kept, HTTPStatus(refused.status))
        return self._enter(request, signed_in, kept["next"])

    def _refused(self, kept: dict[str, Any], status: HTTPStatus) -> View:
        wrong = REASONS.get(status, "openid")
        return View(
            "entrance/signin.html", self._sign_in_values(kept.get("next", "/"), wrong), status
        )


def _written(kept: dict[str, str]) -> str:
    return urlsafe_b64encode(json.dumps(kept).encode()).decode()


def _read(cookie: str) -> dict[str, Any]:
    """What was kept; nothing when it is not what we write."""
    try:
        found = json.loads(urlsafe_b64decode(cookie))
        return {name: str(found[name]) for name in ("state", "nonce", "verifier", "next")}
    except (ValueError, KeyError, TypeError):
        return {}
