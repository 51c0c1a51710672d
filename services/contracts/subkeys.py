"""A key for each purpose, made of the ledger's key: none of them signs for another.

They are not made of the master key: that one is changed now and then, or never leaves a key
management service, and every hash would be lost with it; the ledger's key stays, for the histories
of cases rest on it.
"""

from __future__ import annotations

import hmac
from functools import cache


@cache
def subkey(secret: bytes, purpose: str) -> bytes:
    """The 32 bytes for one purpose; `secret` is the ledger's key."""
    return hmac.digest(secret, f"haoping {purpose} 1".encode(), "sha256")
