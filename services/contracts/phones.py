"""Telephone numbers by which a rating is found again without opening anything.

The keyed hash is made with a key of its own.
"""

from __future__ import annotations

import hmac
import re

from services.contracts.masking import digits_of
from services.contracts.subkeys import subkey

CHINA = re.compile(r"^(?:00)?86(?=1\d{10}$)")
"""The prefix of the country before a mobile number."""


def normalised(phone: str) -> str:
    """The digits that are dialled, the same however the number was written."""
    return CHINA.sub("", digits_of(phone))


def phone_hash(secret: bytes, phone: str) -> str:
    """What is kept beside the sealed number; `secret` is the ledger's key."""
    return hmac.digest(subkey(secret, "phones"), normalised(phone).encode(), "sha256").hex()
