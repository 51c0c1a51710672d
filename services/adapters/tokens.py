"""Tokens in the database as every service reads them: who revokes one is obeyed at once."""

from __future__ import annotations

import time
from collections import OrderedDict
from logging import getLogger

import pymongo
from nameko.extensions import SharedExtension
from pymongo.errors import PyMongoError

from services.adapters.mongo import AWAY_S, GLANCE_S, Document, MongoConnection
from services.contracts.tokens import IssuedToken

COLLECTION = "tokens"
MOST_KEPT = 2_000
_log = getLogger(__name__)


def token_of(document: Document) -> IssuedToken:
    """A token as it was read."""
    return IssuedToken.model_validate({**document, "hash": document["_id"]})


class IssuedTokens(SharedExtension):
    """Looks each token up when it is used.

    What was read is kept only for while the database is away, when nobody can revoke anything: an
    edge has to go on without it.
    """

    connection = MongoConnection()

    def __init__(self) -> None:
        self._kept: OrderedDict[str, IssuedToken] = OrderedDict()
        self._away_until = float("-inf")

    def find(self, hash: str) -> IssuedToken | None:
        """The token with this hash as it is now. Raises PyMongoError for one never seen before."""
        known = self._kept.get(hash)
        if known and time.monotonic() < self._away_until:
            return known
        try:
            with pymongo.timeout(GLANCE_S):
                found = self.connection.db[COLLECTION].find_one({"_id": hash})
        except PyMongoError as error:
            if known is None:
                raise
            _log.warning("going on with a token as it was: %r", error)
            self._away_until = time.monotonic() + AWAY_S
            return known
        self._kept.pop(hash, None)
        return self._keep(token_of(found)) if found else None

    def _keep(self, token: IssuedToken) -> IssuedToken:
        self._kept[token.hash] = token
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return token
