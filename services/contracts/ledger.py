"""The tamper-evident chain: each entry is sealed together with the seal before it.

A cut or an edit anywhere changes every later seal, and nobody without the key (which lives outside
the database) can compute them anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

SEAL = "seal"
GENESIS = ""


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return str(value)


def link(key: bytes, previous: str, entry: Mapping[str, Any]) -> str:
    """The seal (hex HMAC-SHA256) of `entry` standing after the entry sealed `previous`.

    Times count to the millisecond, which is what MongoDB keeps.
    """
    body = {name: value for name, value in entry.items() if name != SEAL}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=_plain)
    return hmac.new(key, f"{previous}\n{text}".encode(), hashlib.sha256).hexdigest()


def first_broken(key: bytes, entries: Sequence[Mapping[str, Any]]) -> int | None:
    """Position of the first entry whose seal does not fit; None when the chain is whole."""
    previous = GENESIS
    for position, entry in enumerate(entries):
        previous = link(key, previous, entry)
        if not hmac.compare_digest(previous, str(entry.get(SEAL))):
            return position
    return None
