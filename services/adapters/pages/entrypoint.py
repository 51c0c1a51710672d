"""A page as an entrypoint of a service: who looks, what they may see, and what they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from services.adapters.http.entrypoint import ApiEntrypoint
from services.adapters.http.throttle import REQUESTS
from services.adapters.pages.guarding import demand_own_form, guarded
from services.adapters.pages.place import where
from services.adapters.pages.rendering import Templates
from services.adapters.pages.sessions import SessionStore
from services.adapters.pages.view import HTML, View, go
from services.adapters.pages.visitor import Visitor, language_of
from services.contracts.actor import Action
from services.errors import HaopingError, Malformed, NotAuthenticated

SIGN_IN = "/signin"
Handler = TypeVar("Handler", bound=Callable[..., Any])


class PageEntrypoint(ApiEntrypoint):
    """Answers a browser: with a page, a redirect, or a page that says what to do instead.

    A handler is called with the request, the visitor and the parts of the path; it returns a View
    or a response. Who is not signed in and has to be is sent to do that first.
    """

    sessions = SessionStore()
    templates = Templates()

    def handle_request(self, request: Request) -> Response:
        """Find out who looks, run the handler in a worker, and show what came of it."""
        request.shallow = False
        visitor, record = Visitor(language=language_of(request)), self._record(request)
        try:
            visitor = self.sessions.visitor(request)
            record.actor = visitor.actor
            self._admit(request, visitor)
            self.trail.demand_open(record)
            result = self._handled((request, visitor), request, record)
            response = self._shown(result, request, visitor)
            self.trail.keep(record, response.status_code)
        except Exception as error:  # noqa: BLE001 - every error has a page
            told = self._understood(error)
            self.trail.note(record, told.status, told)
            response = self._failed(told, request, visitor)
        return guarded(response, request, visitor)

    def _admit(self, request: Request, visitor: Visitor) -> None:
        if self.action is not None:
            if not visitor.signed_in:
                raise NotAuthenticated
            self.windows.pass_or_refuse(REQUESTS, visitor.actor.id)
            visitor.actor.demand(self.action)
        demand_own_form(request, visitor)

    def _shown(self, result: Any, request: Request, visitor: Visitor) -> Response:
        if isinstance(result, Response):
            return result
        reader = visitor.in_language(result.language or visitor.language)
        html = self.templates.render(result.template, result.values, reader, self._here(request))
        return Response(html, result.status, result.headers, content_type=HTML)

    def _failed(self, error: HaopingError, request: Request, visitor: Visitor) -> Response:
        if isinstance(error, NotAuthenticated) and self.action is not None:
            return go(f"{SIGN_IN}?next={quote(self._here(request))}")
        return self._shown(View("error.html", {"error": error}, error.status), request, visitor)

    def _here(self, request: Request) -> str:
        return where(request, self.server.reads)

    def _understood(self, error: Exception) -> HaopingError:
        if isinstance(error, HTTPException):
            return Malformed(error.description)
        return super()._understood(error)


def page(
    method: str, url: str, action: Action | None, *, audited: bool = False
) -> Callable[[Handler], Handler]:
    """Show `url` to whoever may do `action`; None needs no sign-in.

    A page that asks a service to do something leaves the audit to it, and tells it from where it
    was asked. What a page does by itself, such as signing in, is `audited` here; so is any denial.
    """
    decorate: Callable[[Handler], Handler] = PageEntrypoint.decorator(
        method, url, action, audited=audited
    )
    return decorate
