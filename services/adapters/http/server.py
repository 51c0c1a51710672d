"""nameko's web server: problems where werkzeug has pages, and no log line for each request."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from nameko.web.server import WebServer, WsgiApp
from opentelemetry.trace import SpanKind
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, MapAdapter
from werkzeug.wrappers import Request, Response

from services.adapters.collecting import settle_down
from services.adapters.http.doorway import Doors, Doorway
from services.adapters.http.listening import listen_alone
from services.adapters.http.problems import problem
from services.adapters.http.securing import NotSecured, greeted, secured
from services.adapters.http.slowness import TimelyProtocol
from services.adapters.http.throttle import Windows
from services.adapters.telemetry import Telemetry
from services.adapters.telemetry.metrics import NO_ROUTE, answered
from services.adapters.telemetry.spans import piece
from services.adapters.telemetry.work import working
from services.contracts.tracing import TRACEPARENT, TRACERESPONSE, Trace
from services.errors import NotAnswered

LONGEST_LINE = 16 * 1024
STATUS = "http.response.status_code"
SILENT_S = 60
"""A connection on which nothing comes for so long is closed; the sender opens another."""


class ProblemApp(WsgiApp):
    """Says which methods an address takes, and answers with problems where it takes none."""

    def __init__(self, server: WebServer) -> None:
        super().__init__(server)
        self.addresses: MapAdapter = self.url_map.bind("")

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Route the request; it stays shallow until its entrypoint reads it, as nameko wants."""
        request, start = Request(environ, shallow=True), time.perf_counter()
        method = route = NO_ROUTE
        try:
            found = self.addresses.match(request.path, request.method)
            entrypoint, request.path_values = found  # type: ignore[attr-defined]
        except HTTPException as error:
            answer = _astray(error, request.method, self._allowed(request.path))
        else:
            method, route = entrypoint.method, entrypoint.url
            came = Trace.of(request.headers.get(TRACEPARENT))
            trace = came.next() if came else Trace.new()
            with (
                working(self.server.container.service_name, trace),
                piece(f"{method} {route}", SpanKind.SERVER, came) as told,
            ):
                answer = entrypoint.handle_request(request)
                told[STATUS] = answer.status_code
            answer.headers[TRACERESPONSE] = trace.header
        if self.server.telemetry.on:
            answered(method, route, answer.status_code, time.perf_counter() - start)
        return answer(environ, start_response)

    def _allowed(self, path: str) -> str:
        """The methods of an address, as `Allow` lists them; empty when there is no such address."""
        methods = set(self.addresses.allowed_methods(path))
        return ", ".join(sorted(methods | {"OPTIONS"})) if methods else ""


def _astray(error: HTTPException, method: str, allowed: str) -> Response:
    if method == "OPTIONS" and allowed:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
    unknown = NotAnswered(f"{method} is not answered at this address")
    unknown.status = error.code or HTTPStatus.NOT_FOUND
    return problem(unknown, {"Allow": allowed} if allowed else {})


class Token(BaseConverter):
    """`<token:name>`: a part of an address without a dot, so that an ending may follow it."""

    regex = r"[A-Za-z0-9_~-]+"


class QuietServer(WebServer):
    """nameko's web server, with bounds on what comes in and no log line for each request."""

    windows = Windows()
    telemetry = Telemetry()
    _starting: bool

    def start(self) -> None:
        """Listen, and alone. Raises Misconfigured if another process listens there."""
        if not self._starting:
            self._starting = True
            self._serv = self.get_wsgi_server(listen_alone(self.bind_addr), self.get_wsgi_app())
            self._gt = self.container.spawn_managed_thread(self.run)

    def make_url_map(self) -> Map:
        """The addresses of all entrypoints."""
        url_map = Map(converters={"token": Token})
        for provider in self._providers:
            rule = provider.get_url_rule()
            rule.endpoint = provider
            url_map.add(rule)
        return url_map

    def get_wsgi_app(self) -> Doorway:
        """The application, behind the doorway that counts who comes in."""
        self._doors, self._app = Doors(), ProblemApp(self)
        return Doorway(self._app, self.container.config, self.windows)

    def reads(self, path: str) -> bool:
        """Whether there is something to read at this address."""
        return self._app.addresses.test(path, "GET")

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **options: Any) -> Any:
        """The server around a listening socket.

        Its connections send at once: a body would else wait 40 ms for the acknowledgement of its
        headers, on every connection that is kept open.
        """
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = secured(sock, self.container.config)
        server = super().get_wsgi_server(self._sock, wsgi_app, protocol=TimelyProtocol, **options)
        server.url_length_limit = LONGEST_LINE
        server.log_output = False
        server.capitalize_response_headers = False  # their case means nothing
        server.socket_timeout = SILENT_S
        settle_down()
        return server

    def process_request(self, sock: Any, address: Any) -> None:
        """Serve a connection; one too many, or one that breaks the rules of TLS, ends alone."""
        with self._doors.passed(address[0]) as welcome, suppress(NotSecured):
            if not welcome:
                sock.close()
            elif greeted(sock):
                super().process_request(sock, address)
