"""HTTP, once: who is asking, what may they, what did they send, and errors as RFC 9457 problems."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from logging import getLogger
from typing import Any, TypeVar

import eventlet.wsgi
from nameko.web.handlers import HttpRequestHandler
from nameko.web.server import WebServer, WsgiApp
from pydantic import BaseModel, TypeAdapter, ValidationError
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from services.adapters.registry import RegistryCache
from services.adapters.settings import token_hash
from services.contracts.actor import Action, Actor
from services.errors import (
    HaopingError,
    Invalid,
    Malformed,
    NotAuthenticated,
    TooLarge,
    Unavailable,
    WrongMediaType,
)

MAX_BODY_BYTES = 8 * 1024 * 1024
RETRY_AFTER_S = 5
ANONYMOUS = Actor("anonymous", frozenset())
eventlet.wsgi.MAX_REQUEST_LINE = 16 * 1024
_log = getLogger(__name__)

Model = TypeVar("Model")
Handler = TypeVar("Handler", bound=Callable[..., Any])


def read_json(request: Request, kind: type[Model]) -> Model:
    """The body as a `kind` (a pydantic model or any type that pydantic can check).

    Raises WrongMediaType, TooLarge, Malformed, or Invalid with a JSON pointer for each field.
    """
    if request.mimetype != "application/json":
        raise WrongMediaType
    try:
        return TypeAdapter(kind).validate_json(read_body(request))
    except ValidationError as error:
        raise refusal(error) from None


def read_body(request: Request) -> bytes:
    """The bytes of the body. Raises TooLarge before reading more than `MAX_BODY_BYTES`."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge(f"At most {MAX_BODY_BYTES} bytes are taken at once")
    request.max_content_length = MAX_BODY_BYTES
    return request.get_data(cache=False)


def refusal(error: ValidationError) -> Malformed | Invalid:
    """What a person needs to mend a body: where (JSON pointer) and why."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in found):
        return Malformed(found[0]["msg"])
    return Invalid(
        errors=[{"pointer": pointer(each["loc"]), "detail": each["msg"]} for each in found]
    )


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901) to the field at `location`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def problem(error: HaopingError) -> Response:
    """The error as application/problem+json (RFC 9457)."""
    name = type(error).__name__
    body = {
        "type": f"urn:haoping:problem:{name}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        **error.extra,
    }
    headers = {"Retry-After": str(RETRY_AFTER_S)} if error.status == Unavailable.status else {}
    return Response(_dump(body), error.status, headers, content_type="application/problem+json")


def _dump(body: Any) -> bytes:
    if isinstance(body, BaseModel):
        return body.model_dump_json().encode()
    return json.dumps(body, ensure_ascii=False, default=_encode).encode()


def _encode(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.isoformat() if hasattr(value, "isoformat") else list(value)


class ProblemApp(WsgiApp):
    """Answers with problems where werkzeug would answer with pages (no such address or method)."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Route the request."""
        try:
            self.url_map.bind_to_environ(environ).match()
        except HTTPException as error:
            unknown = HaopingError(
                f"{environ.get('REQUEST_METHOD')} is not answered at this address"
            )
            unknown.status = error.code or HTTPStatus.NOT_FOUND
            return problem(unknown)(environ, start_response)
        return super().__call__(environ, start_response)


class QuietServer(WebServer):
    """nameko's web server without a log line for each request."""

    def get_wsgi_app(self) -> ProblemApp:
        """The application."""
        return ProblemApp(self)

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **options: Any) -> Any:
        """The server around a listening socket."""
        server = super().get_wsgi_server(sock, wsgi_app, **options)
        server.log_output = False
        return server


class ApiEntrypoint(HttpRequestHandler):
    """An HTTP entrypoint with a rule about who may use it."""

    server = QuietServer()
    registry = RegistryCache()

    def __init__(self, method: str, url: str, action: Action | None, **options: Any) -> None:
        self.action = action
        super().__init__(method, url, **options)

    def get_entrypoint_parameters(self, request: Request) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The request, who asks, and the parts of the path."""
        return (request, self._actor(request)), request.path_values  # type: ignore[attr-defined]

    def _actor(self, request: Request) -> Actor:
        if self.action is None:
            return ANONYMOUS
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        actor = self.registry.actor(token_hash(token)) if scheme.lower() == "bearer" else None
        if actor is None:
            raise NotAuthenticated
        actor.demand(self.action)
        return actor

    def response_from_result(self, result: Any) -> Response:
        """JSON for whatever a handler returned, unless it is a response already."""
        if isinstance(result, Response):
            return result
        status, body = result if isinstance(result, tuple) else (200, result)
        return Response(_dump(body), status, content_type="application/json")

    def response_from_exception(self, error: Exception) -> Response:
        """A problem; what the service did not foresee is logged and told without details."""
        if isinstance(error, PyMongoError):
            error = Unavailable("The database cannot be reached")
        if not isinstance(error, HaopingError):
            _log.exception("%s %s failed", self.method, self.url, exc_info=error)
            error = HaopingError()
        return problem(error)


def api(method: str, url: str, action: Action | None) -> Callable[[Handler], Handler]:
    """Answer `method url` for whoever may do `action`; None needs no sign-in."""
    decorate: Callable[[Handler], Handler] = ApiEntrypoint.decorator(method, url, action)
    return decorate
