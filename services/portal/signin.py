"""Signing in and out: by name and password, by a token, or by an identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.http import Windows
from services.adapters.openid import OpenIdConfigured
from services.adapters.pages import SessionStore, View, Visitor, go, page
from services.adapters.pages.cookies import brought, keep
from services.adapters.services import ServicesByName
from services.adapters.signins import How, Outcome, SignIns, SignInsTried, Tried
from services.contracts.tokens import SESSION
from services.errors import Conflict, HaopingError, Refused, TooMany

GUESSES = "guess"
BROWSER = "haoping_browser"
KNOWN_FOR = timedelta(days=180)
REASONS = {HTTPStatus.FORBIDDEN: "locked", HTTPStatus.TOO_MANY_REQUESTS: "waits"}


class SignIn:
    """The form of signing in, and what comes of it."""

    services: ServicesByName
    sessions: SessionStore
    throttle: Windows
    tried: SignInsTried = SignIns()
    openid: bool = OpenIdConfigured()

    @page("GET", "/signin", None)
    def ask_who(self, request: Request, visitor: Visitor) -> View:
        """The form of signing in."""
        return self._sign_in_form(request.args.get("next", "/"))

    @page("POST", "/signin", None, audited=True)
    def sign_in(self, request: Request, visitor: Visitor) -> View | Response:
        """A session for whoever knows a password or holds a token; what is wrong is said kindly."""
        form = request.form
        if "token" in form:
            return self._by_token(request, form["token"].strip(), form.get("next", "/"))
        return self._by_password(
            request, form.get("name", "").strip(), form.get("password", ""), form.get("next", "/")
        )

    @page("POST", "/signout", None, audited=True)
    def sign_out(self, request: Request, visitor: Visitor) -> Response:
        """End the session."""
        answer = go("/")
        self._end(self.sessions.close(request, answer))
        return answer

    def _by_password(
        self, request: Request, name: str, password: str, wanted: str
    ) -> View | Response:
        try:
            signed_in = self._session_by(request, name, password)
        except Refused as refused:
            if refused.extra.get("must_change"):
                shown = {"name": name, "next": wanted, "forced": True, "errors": [], "done": False}
                return View("entrance/password.html", shown)
            return self._sign_in_form(wanted, refused, name)
        return self._enter(request, signed_in, wanted)

    def _session_by(self, request: Request, name: str, password: str) -> Mapping[str, Any]:
        known = brought(request, BROWSER, self.sessions.secured(request))
        body = {"name": name, "password": password, "browser": known}
        found: Mapping[str, Any] = self.services.post("registry", "/v1/sign-ins", None, body)
        return found

    def _enter(self, request: Request, signed_in: Mapping[str, Any], wanted: str) -> Response:
        """A session in the browser for one that the registry has opened."""
        answer = go(wanted)
        self._end(self.sessions.open(signed_in["token"], request, answer))
        if browser := signed_in["browser"]:
            keep(answer, BROWSER, browser, self.sessions.secured(request), KNOWN_FOR)
        return answer

    def _by_token(self, request: Request, token: str, wanted: str) -> View | Response:
        """Only wrong ones are counted: a whole hall may sign in from one address."""
        address, answer = request.remote_addr or "", go(wanted)
        self.throttle.demand_room(GUESSES, address)
        try:
            self._end(self.sessions.open(token, request, answer))
        except Refused:
            self.tried.learn(Tried("", address, How.TOKEN, Outcome.WRONG))
            self.throttle.pass_or_refuse(GUESSES, address)
            return View(
                "entrance/signin.html",
                self._sign_in_values(wanted, "token"),
                HTTPStatus.UNAUTHORIZED,
            )
        holder = self.sessions.registry.actor(token)
        self.tried.learn(Tried(holder.id if holder else "", address, How.TOKEN, Outcome.IN))
        return answer

    def _end(self, token: str | None) -> None:
        """End the session in the registry too; one that cannot be reached now ends it in time."""
        if token and token.startswith(SESSION):
            with suppress(HaopingError):
                self.services.delete("registry", "/v1/sign-ins/current", token)

    def _sign_in_form(self, wanted: str, refused: Refused | None = None, name: str = "") -> View:
        if refused is None:
            return View("entrance/signin.html", self._sign_in_values(wanted))
        if isinstance(refused, Conflict):
            raise refused
        status = HTTPStatus(refused.status)
        wrong = "ended" if refused.extra.get("ended") else REASONS.get(status, "password")
        waits = refused.extra.get("retry_after_s", 0) if isinstance(refused, TooMany) else 0
        headers = {"Retry-After": str(waits)} if waits else {}
        shown = self._sign_in_values(wanted, wrong, name) | {"minutes": -(-waits // 60)}
        return View("entrance/signin.html", shown, status, headers)

    def _sign_in_values(self, wanted: str, wrong: str = "", name: str = "") -> dict[str, Any]:
        return {
            "next": wanted,
            "wrong": wrong,
            "name": name,
            "minutes": 0,
            "openid": self.openid,
        }
