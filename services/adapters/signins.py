"""The one place that learns of each sign-in that was tried, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from logging import getLogger

from nameko.extensions import DependencyProvider, SharedExtension
from pymongo.errors import PyMongoError

from services.adapters.ledger.hop import current_record
from services.adapters.registry import ADMINISTRATOR, RegistryCache
from services.contracts.actor import Actor, Role

_log = getLogger(__name__)


class How(StrEnum):
    """By what somebody says who they are."""

    PASSWORD = "password"  # noqa: S105 - the name of a way
    CHANGE = "change of password"
    OPENID = "openid"
    TOKEN = "token"  # noqa: S105 - the same
    SIGN_OUT = "sign-out"


class Outcome(StrEnum):
    """What came of it."""

    IN = "in"
    OUT = "out"
    WRONG = "wrong"
    WAITS = "waits"
    LOCKED = "locked"
    ENDED = "one-time password ended"
    MUST_CHANGE = "must change"
    UNKNOWN = "not in the registry"
    WEAK = "new password too weak"


@dataclass(frozen=True)
class Tried:
    """A sign-in that was tried.

    `who` is a person's id in the registry; empty where nobody was meant that it knows: what was
    typed instead may be a password in the wrong field.
    """

    who: str
    address: str
    how: How
    outcome: Outcome


class SignInsTried(SharedExtension):
    """Learns of sign-ins, and tells the audit of them."""

    registry = RegistryCache()

    def learn(self, tried: Tried) -> None:
        """Take note of a sign-in; never raises. The request at hand is kept in the audit for it."""
        known = self._known(tried.who)
        proven = tried.outcome in {Outcome.IN, Outcome.OUT}
        current_record().sign_in(tried.who, known, tried.how.value, tried.outcome.value, proven)
        _log.info(
            "sign-in by %s of %r from %r: %s", tried.how, tried.who, tried.address, tried.outcome
        )

    def _known(self, who: str) -> Actor | None:
        if who == ADMINISTRATOR:
            return Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))
        try:
            return self.registry.current.actor_of(who, datetime.now(UTC))
        except PyMongoError:
            return None


class SignIns(DependencyProvider):
    """Gives workers whom to tell."""

    tried = SignInsTried()

    def get_dependency(self, worker_ctx: object) -> SignInsTried:
        """Call `learn`."""
        return self.tried
