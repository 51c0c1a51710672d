"""Telephone numbers by which a rating is found again without opening anything.

The keyed hash is made with a key of its own, derived from the ledger's as those of links and
receipts are. It is not derived from the master key: that one is changed now and then, or never
leaves a key management service, and every hash would be lost with it; the ledger's key stays, for
the histories of cases rest on it.
"""

from __future__ import annotations

import hmac
import re
from functools import cache

from services.contracts.masking import digits_of

LABEL = b"haoping phones 1"
CHINA = re.compile(r"^(?:00)?86(?=1\d{10}$)")
"""The prefix of the country before a mobile number."""


def normalised(phone: str) -> str:
    """The digits that are dialled, the same however the number was written."""
    return CHINA.sub("", digits_of(phone))


def phone_hash(secret: bytes, phone: str) -> str:
    """What is kept beside the sealed number; `secret` is the ledger's key."""
    return hmac.digest(_key(secret), normalised(phone).encode(), "sha256").hex()


@cache
def _key(secret: bytes) -> bytes:
    return hmac.digest(secret, LABEL, "sha256")
