"""Whether a service lives, and whether it can do its work just now, with the reasons if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pymongo
from nameko.extensions import DependencyProvider
from pydantic import BaseModel
from pymongo.errors import PyMongoError
from werkzeug.wrappers import Request

from services.adapters.bus.publisher import Bus
from services.adapters.http import api
from services.adapters.mongo import GLANCE_S, MongoConnection
from services.contracts.actor import Actor
from services.errors import Unavailable


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

    def _hindrances(self) -> Iterator[str]:
        return self.servers.missing()
