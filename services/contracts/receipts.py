"""The receipt of a rating: a code that only its rater has.

It is made of the rating's id and a keyed hash of it, so nothing of it is kept anywhere, a press
that is sent again gets the same one, and nobody can guess one: the hash has 72 bits and a key of
its own. It is written in Crockford's base 32, whose letters cannot be mistaken when read aloud.
"""

from __future__ import annotations

import hmac
import uuid
from base64 import b32decode
from functools import cache

from pydantic import BaseModel

from services.contracts.subkeys import subkey
from services.errors import NotFound

NAMESPACE = uuid.UUID("0c1f2f5a-35f5-5a0c-8f53-3e0a7d1c9b42")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 5
ID_BYTES, MAC_BYTES = 16, 9
LENGTH = (ID_BYTES + MAC_BYTES) * 8 // BITS
GROUP = 5
_READ_AS = str.maketrans("OIL", "011")
_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_UNWRITTEN = str.maketrans(LETTERS, _RFC_4648)
_PAIRS = [first + second for first in LETTERS for second in LETTERS]
_PLACES = range((LENGTH - 2) * BITS, -1, -2 * BITS)
"""Of pairs of letters, in bits from the end: base64's own base 32 takes twice as long."""
UNKNOWN = "没有这个回执码，请核对后再试。This is no receipt code of ours; please check it"


class Receipt(BaseModel):
    """What a rater takes home: the code to type in, and the page that it opens."""

    code: str
    url: str


def receipt_of(secret: bytes, rating_id: str, public_url: str) -> Receipt | None:
    """The receipt of a rating; None for an id that is no UUID and so came from no edge of ours."""
    try:
        code = code_of(secret, uuid.UUID(rating_id))
    except ValueError:
        return None
    groups = (code[start : start + GROUP] for start in range(0, LENGTH, GROUP))
    return Receipt(code="-".join(groups), url=f"{public_url}/receipt/{code}")


def code_of(secret: bytes, rating_id: uuid.UUID) -> str:
    """The code of a rating, without the dashes that make it easier to read."""
    number = int.from_bytes(rating_id.bytes + _mac(secret, rating_id.bytes))
    return "".join([_PAIRS[number >> place & len(_PAIRS) - 1] for place in _PLACES])


def rating_id_of(secret: bytes, code: str) -> str:
    """The id of the rating whose code it is. Raises NotFound, kindly, when it is none of ours."""
    typed = code.replace("-", "").upper().translate(_READ_AS)
    if len(typed) != LENGTH or not set(typed) <= set(LETTERS):
        raise NotFound(UNKNOWN)
    whole = b32decode(typed.translate(_UNWRITTEN))
    id, mac = whole[:ID_BYTES], whole[ID_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, id)):
        raise NotFound(UNKNOWN)
    return str(uuid.UUID(bytes=id))


def append_id(rating_id: str) -> uuid.UUID:
    """The id of the one append that a receipt can give: sent twice, it is the same rating."""
    return uuid.uuid5(NAMESPACE, rating_id)


def _mac(secret: bytes, id: bytes) -> bytes:
    keyed = _keyed(secret).copy()
    keyed.update(id)
    return keyed.digest()[:MAC_BYTES]


@cache
def _keyed(secret: bytes) -> hmac.HMAC:
    return hmac.new(subkey(secret, "receipts"), digestmod="sha256")
