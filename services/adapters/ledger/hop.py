"""How a service behind the pages learns where a person asked from: the portal says so, sealed.

Nobody else can say it: the seal is made with the ledger's key, and ends after a minute.
"""

from __future__ import annotations

import hmac
import time
from contextvars import ContextVar

from services.adapters.ledger.record import Record

HOP = "haoping-hop"
LASTS_S = 60
_current: ContextVar[Record | None] = ContextVar("record", default=None)


def remember(record: Record) -> None:
    """From now on this worker asks other services for whoever sent the request."""
    _current.set(record)


def current_record() -> Record:
    """The record of the request that this worker handles; outside of one, one that is not kept."""
    return _current.get() or Record()


def hop_headers(now: float | None = None) -> dict[str, str]:
    """What this worker tells the service that it asks; nothing outside a request."""
    record = current_record()
    if not record.key:
        return {}
    said = f"{record.trace} {record.address} {int(now or time.time())}"
    return {HOP: f"{said} {_seal(record.key, said)}"}


def come_from(told: str | None, key: bytes, now: float | None = None) -> tuple[str, str] | None:
    """The trace and the address in a header; None when it says nothing that the portal said."""
    if told is None:
        return None
    said, _, seal = told.rpartition(" ")
    if not hmac.compare_digest(seal.encode(), _seal(key, said).encode()):
        return None
    trace, address, at = said.split(" ")
    fresh = abs((now or time.time()) - int(at)) <= LASTS_S
    return (trace, address) if fresh else None


def _seal(key: bytes, said: str) -> str:
    return hmac.new(key, f"hop\n{said}".encode(), "sha256").hexdigest()
