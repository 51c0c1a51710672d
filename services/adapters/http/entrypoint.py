"""An HTTP entrypoint of a service: who is asking, what may they, and what they are answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from logging import getLogger
from typing import Any, TypeVar

from eventlet.event import Event
from nameko.web.handlers import HttpRequestHandler
from pydantic import BaseModel
from pymongo.errors import PyMongoError
from werkzeug.wrappers import Request, Response

from services.adapters.devices import DeviceKeys
from services.adapters.http.bodies import raw_body
from services.adapters.http.problems import JSON, Whole, dump, problem
from services.adapters.http.server import QuietServer
from services.adapters.http.throttle import REQUESTS, Windows
from services.adapters.http.turns import Turns
from services.adapters.leaving import Leaving
from services.adapters.ledger.audited import CONTEXT
from services.adapters.ledger.record import NOBODY, Record
from services.adapters.ledger.trail import Trail
from services.adapters.registry import RegistryCache
from services.adapters.telemetry.work import IN_CONTEXT, trace_at_hand
from services.contracts.actor import Action, Actor
from services.contracts.signing import SIGNATURE
from services.errors import HaopingError, NotAuthenticated, Unavailable

ANONYMOUS = NOBODY
READS = frozenset({"GET", "HEAD"})
_log = getLogger(__name__)

Handler = TypeVar("Handler", bound=Callable[..., Any])


class ApiEntrypoint(HttpRequestHandler):
    """An HTTP entrypoint with a rule about who may use it, and what it takes and answers.

    Who asks says so by a bearer token or, as a device, by signing the request. Every command passes
    here on its way into the audit, and every denial: a handler cannot forget it.
    """

    server = QuietServer()
    registry = RegistryCache()
    devices = DeviceKeys()
    windows = Windows()
    turns = Turns()
    trail = Trail()
    leaving = Leaving()

    def __init__(
        self,
        method: str,
        url: str,
        action: Action | None,
        *,
        takes: Any = None,
        asks: type[BaseModel] | None = None,
        answers: Any = None,
        audited: bool | None = None,
        **options: Any,
    ) -> None:
        self.action, self.takes, self.asks, self.answers = action, takes, asks, answers
        self.audited = method not in READS if audited is None else audited
        super().__init__(method, url, **options)

    def stop(self) -> None:
        """Answer what was asked, and take no more."""
        self.leaving.ask()
        super().stop()

    def handle_request(self, request: Request) -> Response:
        """Find out who asks, run the handler in a worker, and answer."""
        request.shallow = False
        record = self._record(request)
        try:
            record.actor = actor = self._actor(request, record)
            self.trail.demand_open(record)
            with self.turns.taken(request) if self.takes else nullcontext():
                result = self._handled((request, actor), request, record)
            response = self.response_from_result(result)
            self.trail.keep(record, response.status_code)
        except Exception as error:  # noqa: BLE001 - every error has an answer
            told = self._understood(error)
            self.trail.note(record, told.status, told)
            response = problem(told)
        return response

    def _record(self, request: Request) -> Record:
        route = f"{self.method} {self.url}"
        return self.trail.record(request, self.action, route, self.audited)

    def _handled(self, args: tuple[Any, ...], request: Request, record: Record) -> Any:
        done = Event()
        handled = partial(self.handle_result, done)
        context = {CONTEXT: record, IN_CONTEXT: trace_at_hand()}
        parts: dict[str, Any] = request.path_values  # type: ignore[attr-defined]
        self.container.spawn_worker(self, args, parts, context_data=context, handle_result=handled)
        return done.wait()

    def _actor(self, request: Request, record: Record) -> Actor:
        if self.action is None:
            return ANONYMOUS
        actor = self._signer(request) if _is_signed(request) else self._bearer(request)
        record.actor = actor
        self.windows.pass_or_refuse(REQUESTS, actor.id)
        actor.demand(self.action)
        return actor

    def _signer(self, request: Request) -> Actor:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return self.devices.signer(headers, raw_body(request))

    def _bearer(self, request: Request) -> Actor:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        actor = self.registry.actor(token) if scheme.lower() == "bearer" else None
        if actor is None:
            raise NotAuthenticated
        return actor

    def response_from_result(self, result: Any) -> Response:
        """JSON for whatever a handler returned: a body, (status, body) or (status, headers, body).

        A response goes out as it is.
        """
        if isinstance(result, Response):
            return result
        status, *rest, body = result if isinstance(result, tuple) else (200, result)
        headers = rest[0] if rest else {}
        return Whole(dump(body), status, headers, content_type=JSON)

    def _understood(self, error: Exception) -> HaopingError:
        """The error as it is told; what the service did not foresee is logged, without details."""
        if isinstance(error, PyMongoError):
            return Unavailable("The database cannot be reached")
        if isinstance(error, HaopingError):
            return error
        _log.exception("%s %s failed", self.method, self.url, exc_info=error)
        return HaopingError()


def _is_signed(request: Request) -> bool:
    return SIGNATURE in request.headers and "Authorization" not in request.headers


def api(
    method: str,
    url: str,
    action: Action | None,
    *,
    takes: Any = None,
    asks: type[BaseModel] | None = None,
    answers: Any = None,
    audited: bool | None = None,
) -> Callable[[Handler], Handler]:
    """Answer `method url` for whoever may do `action`; None needs no sign-in.

    Whatever is no GET is kept in the audit, and a GET that is `audited`: one that hands out much.
    What has receipts of its own (a press, a heartbeat) says that it is not.

    The OpenAPI document is made from the rest: `takes` is the type of the body, `asks` the model of
    the query string, and `answers` the type of the answer, or a mapping from status to type; an
    answer that is no JSON is given by its media type.
    """
    decorate: Callable[[Handler], Handler] = ApiEntrypoint.decorator(
        method, url, action, takes=takes, asks=asks, answers=answers, audited=audited
    )
    return decorate
