"""The thinking of enrolment: codes, epochs, rotation and the end of keys. Times are wall time."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from datetime import datetime, timedelta

from services.contracts.keyring import Key, Ring
from services.errors import Conflict, NotAuthenticated

CODE_VALID = timedelta(hours=24)
OVERLAP = timedelta(days=14)
"""How long a key still signs after a newer one was issued: longer than the longest holiday."""
MOST_KEYS = 8
CODE_BYTES = 10
"""80 bits."""
_GROUPS = re.compile(r"(.{4})(?!$)")


class CodeRefused(NotAuthenticated):
    """This code is unknown, used or expired; ask the administrator for a new one."""


def readable_code(random: bytes) -> str:
    """Random bytes as a code that a person can type: letters and digits in groups of four."""
    return _GROUPS.sub(r"\1-", b32encode(random).decode())


def code_hash(code: str) -> str:
    """How a code is kept; case, spaces and hyphens make no difference."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode()).hexdigest()


def with_code(ring: Ring, hash: str, by: str, now: datetime) -> Ring:
    """A new code is the only one; what was issued before it can no longer be used."""
    return ring.changed("code issued", by, now, code_hash=hash, code_until=now + CODE_VALID)


def enrolled(ring: Ring, sealed: bytes, now: datetime) -> Ring:
    """The next epoch with one key that signs; the code is used up and every former key ends now.

    What has ended is kept: letters that it signed may still wait in a queue.
    Raises CodeRefused when the code has expired.
    """
    if ring.code_until is None or now >= ring.code_until:
        raise CodeRefused
    key = Key(sealed=sealed, issued_at=now)
    former = [each.model_copy(update={"valid_until": _ended(each, now)}) for each in ring.keys]
    return ring.changed(
        "enrolled",
        ring.device,
        now,
        epoch=ring.epoch + 1,
        keys=(*former[-MOST_KEYS:], key),
        code_hash=None,
        code_until=None,
    )


def rotated(ring: Ring, sealed: bytes, request: str, now: datetime) -> Ring:
    """One more key; those before it sign for `OVERLAP` longer, however often one rotates.

    So an answer that was lost on its way costs nothing: the device asks again with the key it has.
    What has ended is kept, as by `enrolled`.
    Raises Conflict for a replay, for a device without a key, and when too many keys are valid.
    """
    if any(key.request == request for key in ring.keys):
        raise Conflict("This rotation was answered before; ask again under a new webhook-id")
    valid = [key for key in ring.keys if key.valid(now)]
    if not valid or len(valid) >= MOST_KEYS:
        raise Conflict(f"{len(valid)} keys are valid; ask the administrator for a code and enrol")
    ended = [key for key in ring.keys if not key.valid(now)]
    before = [key.model_copy(update={"valid_until": _ending(key, now)}) for key in valid]
    latest = Key(sealed=sealed, issued_at=now, request=request)
    return ring.changed("rotated", ring.device, now, keys=(*ended[-MOST_KEYS:], *before, latest))


def _ending(key: Key, now: datetime) -> datetime:
    return min(filter(None, (key.valid_until, now + OVERLAP)))


def _ended(key: Key, now: datetime) -> datetime:
    return min(filter(None, (key.valid_until, now)))


def revoked(ring: Ring, by: str, now: datetime) -> Ring:
    """No key is left and no code; the device has to be enrolled anew."""
    return ring.changed("revoked", by, now, keys=(), code_hash=None, code_until=None)
