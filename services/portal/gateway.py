"""The API under the address of the pages: one origin for kiosks and phones, as behind nginx."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from services.adapters.http import api
from services.adapters.http.bodies import raw_body
from services.adapters.services import ServicesByName
from services.contracts.actor import Actor
from services.contracts.signing import DEVICE
from services.errors import NotFound

PASSED_ON = ("content-type", "content-encoding", "authorization", "idempotency-key", DEVICE)
SIGNED = "webhook-"
SENT_BACK = ("content-type", "retry-after", "allow", "content-disposition")
OWNERS = {
    ("GET", "ratings"): "store",
    ("POST", "ratings"): "capture",
    ("POST", "ratings:batch"): "capture",
    ("GET", "time"): "capture",
    ("GET", "links"): "capture",
    ("POST", "links"): "capture",
    ("GET", "devices"): "capture",
    ("POST", "devices"): "capture",
    ("POST", "devices:enrol"): "registry",
    ("POST", "devices/me:rotate"): "registry",
}
"""Which service owns what a browser of a citizen asks for, by method and the path's beginning."""


class Gateway:
    """Passes on what a kiosk or phone asks of the API, and nothing else."""

    services: ServicesByName

    @api("GET", "/v1/<path:path>", None)
    def ask(self, request: Request, actor: Actor, path: str) -> Response:
        """What the owning service answers."""
        return self._passed_on(request, path)

    @api("POST", "/v1/<path:path>", None, audited=False)
    def tell(self, request: Request, actor: Actor, path: str) -> Response:
        """The same, with the body as it came: it may be signed."""
        return self._passed_on(request, path)

    def _passed_on(self, request: Request, path: str) -> Response:
        answer = self.services.relay(
            request.method,
            owner(request.method, path),
            f"/v1/{path}",
            _headers(dict(request.headers)),
            params=request.args.to_dict(),
            content=raw_body(request),
        )
        back = {name: answer.headers[name] for name in SENT_BACK if name in answer.headers}
        return Response(answer.content, answer.status_code, back)


def owner(method: str, path: str) -> str:
    """The service that owns the address. Raises NotFound for what is not passed on."""
    for start in (path, path.partition("/")[0]):
        if found := OWNERS.get((method, start)):
            return found
    raise NotFound(f"{HTTPStatus.NOT_FOUND.phrase}: this is not asked at this address")


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name.lower() in PASSED_ON or name.lower().startswith(SIGNED)
    }
