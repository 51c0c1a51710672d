"""The registry as other services read it: a snapshot, renewed when its version changes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from logging import getLogger

import pymongo
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider, SharedExtension
from pymongo.errors import PyMongoError

from services.adapters.mongo import AWAY_S, GLANCE_S, TIMEOUT_MS, Document, MongoConnection
from services.adapters.settings import token_hash
from services.adapters.tokens import IssuedTokens
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory
from services.contracts.tokens import PREFIX

COLLECTION = "registry"
CURRENT = "current"
STALE_AFTER_S = 1.0
ADMINISTRATOR = "administrator"
_log = getLogger(__name__)


class RegistryCache(SharedExtension):
    """Holds the newest snapshot; asks for a newer version at most once a second."""

    connection = MongoConnection()
    issued = IssuedTokens()

    def __init__(self) -> None:
        self._directory = Directory()
        self._checked = float("-inf")
        self._renewing = Semaphore()

    @property
    def current(self) -> Directory:
        """The snapshot in force, at most `STALE_AFTER_S` old, or the last one that could be read.

        Raises PyMongoError while none was ever read.
        """
        if self._stale():
            with self._renewing:
                if self._stale():
                    self._renew()
        return self._directory

    @property
    def newest(self) -> Directory:
        """The snapshot in force now, for who would judge by it for good. Raises PyMongoError."""
        with self._renewing:
            self._read()
            self._checked = time.monotonic()
        return self._directory

    def _stale(self) -> bool:
        return time.monotonic() - self._checked > STALE_AFTER_S

    def _renew(self) -> None:
        known = self._directory.version
        try:
            with pymongo.timeout(GLANCE_S if known else TIMEOUT_MS / 1000):
                self._read()
            self._checked = time.monotonic()
        except PyMongoError as error:
            if not known:
                raise
            _log.warning("going on with version %d of the registry: %r", known, error)
            self._checked = time.monotonic() + AWAY_S

    def _read(self) -> None:
        collection = self.connection.db[COLLECTION]
        newest: Document = collection.find_one({"_id": CURRENT}, {"version": 1}) or {}
        if newest.get("version", 0) != self._directory.version:
            document: Document = collection.find_one({"_id": CURRENT}) or {}
            self._directory = Directory.model_validate(document["directory"])

    def actor(self, token: str) -> Actor | None:
        """Who holds the token: somebody in the registry, or the installation's administrator.

        Only one that looks like an issued token is looked up in the database: neither a press
        with a token of the registry nor a guess costs a look.
        """
        hash, now = token_hash(token), datetime.now(UTC)
        if hash == self.container.config.get("HAOPING_ADMIN_TOKEN_HASH"):
            return Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))
        if not token.startswith(PREFIX):
            return self.current.actor_with(hash, now)
        issued = self.issued.find(hash)
        if issued is None or not issued.opens(now):
            return None
        return self.current.actor_of(issued.principal, now, issued.roles)


class Registry(DependencyProvider):
    """Gives workers the registry."""

    cache = RegistryCache()

    def get_dependency(self, worker_ctx: object) -> RegistryCache:
        """The registry; read `.current`."""
        return self.cache
