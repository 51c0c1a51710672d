"""The other services as a page asks them: over HTTP, with the token of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx
from nameko.extensions import DependencyProvider, SharedExtension

from services import errors
from services.adapters.ledger.hop import hop_headers
from services.adapters.telemetry.work import trace_at_hand
from services.adapters.trust import context
from services.contracts.tracing import TRACEPARENT
from services.errors import HaopingError, Unavailable

TIMEOUT_S = 30.0
SUCCESS = 400
_KINDS: dict[str, type[HaopingError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, HaopingError)
}

_BY_STATUS = {kind.status: kind for kind in reversed(_KINDS.values())}
"""For an error that only its service knows, the general one of the same status."""


class ServicesByName(SharedExtension):
    """Asks `capture`, `store`, `rectify`, `score` and `registry` where the settings say they are.

    What a service refuses is raised here as the same error, with its words and fields.
    """

    @cached_property
    def _http(self) -> httpx.Client:
        trusted = context(self.container.config)
        return httpx.Client(timeout=TIMEOUT_S, trust_env=False, verify=trusted)

    def get(self, service: str, path: str, token: str | None, **asked: Any) -> Any:
        """What a GET answers, as parsed JSON; `asked` is the query, without what is None."""
        query = {name: value for name, value in asked.items() if value is not None}
        return self.send("GET", service, path, token, params=query).json()

    def post(self, service: str, path: str, token: str | None, body: Any = None) -> Any:
        """What a POST of `body` as JSON answers, as parsed JSON."""
        return self.send("POST", service, path, token, json=body).json()

    def put(self, service: str, path: str, token: str | None, body: Any) -> Any:
        """What a PUT of `body` as JSON answers, as parsed JSON."""
        return self.send("PUT", service, path, token, json=body).json()

    def delete(self, service: str, path: str, token: str | None) -> Any:
        """What a DELETE answers, as parsed JSON."""
        return self.send("DELETE", service, path, token).json()

    def send(
        self,
        method: str,
        service: str,
        path: str,
        token: str | None,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """The answer itself, for what is no JSON.

        Raises what the service raised, or Unavailable when it cannot be reached.
        """
        answer = self.relay(method, service, path, _bearing(token, headers), **options)
        if answer.status_code >= SUCCESS:
            raise _error(answer)
        return answer

    def relay(
        self, method: str, service: str, path: str, headers: Mapping[str, str], **options: Any
    ) -> httpx.Response:
        """Whatever the service answers. Raises Unavailable when it cannot be reached."""
        address = str(self.container.config["HAOPING_SERVICES"][service]).rstrip("/")
        told = {**headers, **hop_headers(), TRACEPARENT: trace_at_hand().header}
        try:
            return self._http.request(method, f"{address}{path}", headers=told, **options)
        except httpx.HTTPError as error:
            raise Unavailable(f"The service {service} cannot be reached now") from error


def _bearing(token: str | None, headers: Mapping[str, str] | None) -> dict[str, str]:
    said = dict(headers or {})
    return said | {"Authorization": f"Bearer {token}"} if token else said


def _error(answer: httpx.Response) -> HaopingError:
    try:
        said = answer.json()
        name, detail = str(said["type"]).rsplit(":", 1)[-1], str(said["detail"])
    except (ValueError, KeyError, TypeError):
        return HaopingError()
    kind = _KINDS.get(name) or _BY_STATUS.get(answer.status_code, HaopingError)
    extra = {k: v for k, v in said.items() if k not in {"type", "title", "status", "detail"}}
    error = kind(detail, **extra)
    error.status = answer.status_code
    return error


class Services(DependencyProvider):
    """Gives workers the other services."""

    services = ServicesByName()

    def get_dependency(self, worker_ctx: object) -> ServicesByName:
        """The services; call `get` or `post` with the token of the visitor."""
        return self.services
