"""Devices sign requests as Standard Webhooks are signed, with one more header that names them.

HMAC-SHA256 over `id.timestamp.body`, base64, after `v1,` (https://www.standardwebhooks.com, 1.0.0);
several signatures stand side by side, separated by spaces, while two keys are valid. Sending the
same signed request again within the tolerance is harmless: a rating is stored once by its id, and
an address that is not idempotent refuses an id that it has seen. The signature does not name the
address; every body that a device signs is valid at one address only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.errors import NotAuthenticated, StaleSignature

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
DEVICE = "haoping-device"
SCHEME = "v1"
TOLERANCE = timedelta(minutes=5)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The `v1` signature of a body; `timestamp` is in seconds since 1970."""
    signed = f"{id}.{timestamp}.".encode() + body
    return f"{SCHEME},{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def sign(device: str, keys: Iterable[bytes], id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request that `device` sends, signed with each of its keys."""
    timestamp = int(at.timestamp())
    signatures = (signature(key, id, timestamp, body) for key in keys)
    return {DEVICE: device, ID: id, TIMESTAMP: str(timestamp), SIGNATURE: " ".join(signatures)}


@dataclass(frozen=True)
class Signed:
    """What the headers of a signed request say; nothing of it is true before it is demanded."""

    device: str
    id: str
    timestamp: int
    signatures: tuple[str, ...]

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Signed:
        """Read the headers. Raises NotAuthenticated, naming the one that is missing or wrong.

        An id holds no dot, so that what was signed can be taken apart in one way only.
        """
        for name, form in ((DEVICE, _ID), (ID, _ID), (TIMESTAMP, _TIMESTAMP)):
            if not form.fullmatch(headers.get(name, "")):
                raise NotAuthenticated(f"A signed request needs {name} as {form.pattern}")
        timestamp, signatures = int(headers[TIMESTAMP]), headers.get(SIGNATURE, "").split()
        return cls(headers[DEVICE], headers[ID], timestamp, tuple(signatures))

    def is_authentic(self, body: bytes, keys: Iterable[bytes]) -> bool:
        """Whether one of the signatures was made over `body` with one of the keys."""
        wanted = [signature(key, self.id, self.timestamp, body).encode() for key in keys]
        given = [each.encode() for each in self.signatures]
        return any(hmac.compare_digest(mine, yours) for mine in wanted for yours in given)

    def demand_fresh(self, now: datetime) -> None:
        """Raise StaleSignature, which tells the time, unless signed within the tolerance."""
        if abs(now - datetime.fromtimestamp(self.timestamp, UTC)) > TOLERANCE:
            raise StaleSignature(now=now.isoformat())
