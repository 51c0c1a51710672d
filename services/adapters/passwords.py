"""Hashes passwords with Argon2id (RFC 9106) outside the green thread that serves everybody else."""

from __future__ import annotations

import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider

AT_ONCE = 4
"""Each takes 64 MiB while it is at work: who asks much at once waits, and memory stays bounded."""


class Hasher:
    """Makes and checks hashes, with the low-memory parameters that RFC 9106 recommends."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher()
        self._free = Semaphore(AT_ONCE)

    @cached_property
    def _nobodys(self) -> str:
        return self._argon2.hash(secrets.token_urlsafe())

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

    def __init__(self) -> None:
        self._hasher = Hasher()

    def get_dependency(self, worker_ctx: object) -> Hasher:
        """The hasher."""
        return self._hasher
