"""Whether a service lives, and whether it can do its work just now, with the reasons if not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Literal

import pymongo
from nameko.extensions import DependencyProvider
from pydantic import BaseModel
from pymongo.errors import PyMongoError
from werkzeug.wrappers import Request, Response

from services.adapters.bus.publisher import Bus
from services.adapters.http import api
from services.adapters.mongo import GLANCE_S, MongoConnection
from services.adapters.telemetry import Figure, Look, Observed, Telemetry
from services.contracts.actor import Actor
from services.errors import NotFound, Unavailable

TEXT = "text/plain"
EXPOSITION = f"{TEXT}; version=0.0.4; charset=utf-8"
"""Version 0.0.4 of the text format, which every Prometheus reads."""


class Live(BaseModel):
    """The process lives."""

    live: Literal[True]


class Ready(BaseModel):
    """The service can do its work."""

    ready: Literal[True]


class Servers(DependencyProvider):
    """Gives workers a look at the servers that the service needs: the database, and the broker.

    `broker`: whether it publishes or consumes; what only reads and writes needs none.
    """

    connection = MongoConnection()
    bus = Bus()

    def __init__(self, broker: bool = False) -> None:
        self._broker = broker

    def get_dependency(self, worker_ctx: object) -> Servers:
        """The look."""
        return self

    def missing(self) -> Iterator[str]:
        """Which of them do not answer, in words."""
        try:
            with pymongo.timeout(GLANCE_S):
                self.connection.db.command("ping")
        except PyMongoError:
            yield "The database cannot be reached"
        if self._broker:
            try:
                self.bus.demand()
            except Unavailable as error:
                yield error.message


class Healthy:
    """What every service answers about itself."""

    servers: Servers
    telemetry: Telemetry = Observed()

    @api("GET", "/healthz", None, answers=Live)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    @api("GET", "/readyz", None, answers=Ready)
    def readyz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """Whether the service can do its work now; 503 with the reasons if it cannot."""
        if reasons := list(self._hindrances()):
            raise Unavailable("This service cannot do its work now", reasons=reasons)
        return {"ready": True}

    @api("GET", "/metrics", None, answers=TEXT)
    def metrics(self, request: Request, actor: Actor) -> Response:
        """What is counted and measured here, for Prometheus; nobody from a public address is told.

        There is no sign-in, for there is nothing personal in it.
        """
        if not self.telemetry.on or ip_address(request.remote_addr or "").is_global:
            raise NotFound
        return Response(self.telemetry.told(self._looks()), content_type=EXPOSITION)

    def _looks(self) -> Mapping[str, Look]:
        """What is looked up for it, by name; a service adds its own."""
        return {"ready": self._readiness}

    def _readiness(self) -> Iterator[Figure]:
        yield Figure("haoping_ready", not list(self._hindrances()))

    def _hindrances(self) -> Iterator[str]:
        return self.servers.missing()
