"""Hashes passwords with Argon2id (RFC 9106) outside the green thread that serves everybody else.

The parameters are the first that the OWASP Password Storage Cheat Sheet names.
"""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
AT_ONCE = 4
"""Who asks much at once waits in line, so that memory and processor stay with the others too."""


class Hasher:
    """Makes and checks hashes."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(PASSES, MEMORY_KIB, LANES)
        self._free = Semaphore(AT_ONCE)
        self._nobodys = self._argon2.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """How a password is kept."""
        with self._free:
            return str(tpool.execute(self._argon2.hash, password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; of nobody's it is never, which takes as long to find out."""
        with self._free:
            right = bool(tpool.execute(self._verified, kept or self._nobodys, password))
        return right and kept is not None

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


class Passwords(DependencyProvider):
    """Gives workers the hasher."""

    def setup(self) -> None:
        """Make the hasher; nobody's hash is made before anybody is compared with it."""
        self._hasher = Hasher()

    def get_dependency(self, worker_ctx: object) -> Hasher:
        """The hasher."""
        return self._hasher
