"""What the dead-letter queue brings: each thing in a letter becomes a row of the work list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from services.adapters.bus import Letter
from services.adapters.bus.settling import QUEUE, REASON
from services.store.quarantine import Row, body_key

SealText = Callable[[str], bytes]
TOO_OFTEN = "delivered_too_often"


def rows_of(letter: Letter, seal: SealText) -> Iterator[Row]:
    """One row for each item of an envelope, or one for a body that nobody can read."""
    reason, _, detail = str(letter.headers.get(REASON, TOO_OFTEN)).partition(": ")
    where = f"{detail or reason} (queue {letter.headers.get(QUEUE, letter.routing_key)})"
    kind, items = _items(letter.body)
    for position, text in enumerate(items):
        key = _field(text, "rating_id") or body_key(text.encode())
        receipt = f"{letter.id or body_key(letter.body)}/{position}"
        sender = _field(text, "submitted_by")
        yield Row(key, reason, where, seal(text), receipt, kind, submitted_by=sender)


def _items(body: bytes) -> tuple[str, list[str]]:
    try:
        envelope = json.loads(body)
        items = [json.dumps(item, ensure_ascii=False) for item in envelope["items"]]
        return str(envelope["type"]), items
    except (ValueError, TypeError, KeyError):
        return "unreadable", [body.decode(errors="replace")]


def _field(text: str, name: str) -> str | None:
    try:
        value = json.loads(text).get(name)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, str) else None
