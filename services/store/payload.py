"""The payload of a row: the message it may be replayed as, and what of it may be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from services.contracts.events import RatingSubmitted
from services.contracts.message import Message
from services.contracts.topology import MESSAGE_TYPES
from services.errors import Conflict, wrong_fields

MASK = "***"
DAY = len("2020-03-05")
SEALED = frozenset({"sealed", "fingerprint", "phone_hash"})
TIMES = frozenset({"pressed_at", "sent_at", "received_at"})
FORM, LETTER = "RatingForm", "RawLetter"
"""What only the edge can read: a press of a known sender, and a letter just as it came."""
PLAIN = (str, int, float, bool, type(None))


def kind_of(kind: str, text: str) -> type[Message]:
    """The type of message that `text` is, just as it stands.

    Raises Conflict, saying why, for what no consumer could read: replaying it would be in vain.
    """
    known = MESSAGE_TYPES.get(kind)
    if known is None:
        raise _in_vain(f"{kind} is no message that Haoping knows")
    try:
        known.model_validate_json(text)
    except ValidationError as error:
        raise _in_vain(wrong_fields(error)[0]) from None
    return known


def _in_vain(why: str) -> Conflict:
    return Conflict(
        f"This cannot be replayed as it is ({why}). Have its sender mend it and send it again, "
        "then discard this row"
    )


def shown(kind: str, text: str) -> dict[str, Any]:
    """The payload with everything personal masked.

    Only fields that the message type declares are shown, so what a stranger put in is masked
    too; of an anonymous rating the errand's number and the time of day are personal as well.
    """
    try:
        item = json.loads(text)
    except ValueError:
        item = None
    if not isinstance(item, dict):
        return {"unreadable": f"{len(text.encode())} bytes that are no object; none are shown"}
    known = RatingSubmitted if kind == FORM else MESSAGE_TYPES.get(kind)
    allowed = frozenset(known.model_fields if known else ()) - SEALED
    masked = {
        name: _plain(value) if name in allowed else _masked(value) for name, value in item.items()
    }
    anonymous = known is RatingSubmitted and item.get("named") is not True
    return _without_trace(masked) if anonymous else masked


def _masked(value: Any) -> Any:
    return None if value is None else MASK


def _plain(value: Any) -> Any:
    parts = value if isinstance(value, list) else [value]
    return value if all(isinstance(part, PLAIN) for part in parts) else MASK


def _without_trace(item: Mapping[str, Any]) -> dict[str, Any]:
    days = {name: str(item[name])[:DAY] for name in TIMES & item.keys() if item[name] is not None}
    number = {"errand_number": MASK} if item.get("errand_number") else {}
    return {**item, **days, **number}
