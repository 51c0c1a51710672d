"""Tokens that are kept in the database: what a token opens, for how long, and who ended it.

A token is 256 random bits behind a prefix, by which scanners of leaked secrets find it and services
know where to look it up; only its SHA-256 is kept. It acts as its principal, with at most the roles
it was issued for: whatever the principal loses, the token loses too.
"""

from __future__ import annotations

import secrets
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.actor import Role

PREFIX = "haoping_"
SESSION, API = f"{PREFIX}s_", f"{PREFIX}t_"
TOKEN_BYTES = 32
OF_MACHINES = frozenset({Role.DEVICE, Role.SYSTEM})
"""Who has no other roles has keys and tokens, and no password."""
SHORT = 16
"""So many hexadecimal digits of its hash name a token on pages and in lists: 64 bits of it."""


class IssuedToken(BaseModel):
    """A token as it is kept; `hash` is its SHA-256. Without `roles` it has all of its principal's.

    A `session` is issued to a person at sign-in, an `api` token by an administrator.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    hash: str
    principal: str
    kind: Literal["session", "api"]
    name: str
    roles: frozenset[Role] | None = None
    issued_by: str
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    revoked_by: str | None = None

    @property
    def id(self) -> str:
        """What it is called where its hash is too long."""
        return self.hash[:SHORT]

    def opens(self, at: AwareDatetime) -> bool:
        """Whether it still does; the end is exclusive."""
        return self.revoked_at is None and at < self.expires_at


def new_token(prefix: str) -> str:
    """A token nobody has yet."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)
