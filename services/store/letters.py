"""What the dead-letter queue brings: each thing in a letter becomes a row of the work list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from services.adapters.bus import Letter
from services.adapters.bus.deliveries import FROM
from services.adapters.bus.settling import QUEUE, REASON
from services.contracts.events import RatingSubmitted
from services.contracts.sequence import plain_id
from services.contracts.topology import CAPTURE_RAW
from services.contracts.vouching import HEADER, Sender
from services.store.payload import FORM, LETTER
from services.store.quarantine import Row, body_key

SealText = Callable[[str], bytes]
UNREADABLE = "unreadable"
BY_THE_BROKER = "x-death"
"""The broker's own note on what it gave up; headers beside it may be a stranger's."""
TOO_OFTEN = "delivered_too_often"


def rows_of(letter: Letter, seal: SealText) -> Iterator[Row]:
    """One row for each item of an envelope, or one for a body that nobody can read."""
    reason, _, detail = str(letter.headers.get(REASON, TOO_OFTEN)).partition(": ")
    queue = letter.headers.get(QUEUE, letter.routing_key)
    where = f"{detail or reason} (queue {queue})"
    if queue == CAPTURE_RAW.name:
        yield _raw_row(letter, reason, where, seal)
        return
    kind, items = _items(letter.body)
    for position, text in enumerate(items):
        key = _key(text) if kind == RatingSubmitted.__name__ else body_key(text.encode())
        receipt = f"{letter.id or body_key(letter.body)}/{position}"
        sender = _field(text, "submitted_by")
        yield Row(key, reason, where, seal(text), receipt, kind, submitted_by=sender)


def _raw_row(letter: Letter, reason: str, where: str, seal: SealText) -> Row:
    """A press whose sender was known, under its id; else a whole letter, of which nothing is true.

    What stands in such a letter names no row, or a stranger could overwrite another's.
    """
    ours = {} if BY_THE_BROKER in letter.headers else letter.headers
    if HEADER in ours:
        sender = Sender.model_validate_json(letter.headers[HEADER])
        _, [text] = _items(letter.body)
        by, receipt, back = sender.by, sender.receipt, sender.headers
        return Row(_key(text), reason, where, seal(text), receipt, FORM, submitted_by=by, back=back)
    text = letter.body.decode(errors="replace")
    whole = FROM in ours and text.encode() == letter.body
    key, kind = body_key(text.encode()), LETTER if whole else UNREADABLE
    as_it_came = {FROM: ours[FROM]} if whole else None
    return Row(key, reason, where, seal(text), letter.id or key, kind, back=as_it_came)


def _items(body: bytes) -> tuple[str, list[str]]:
    try:
        envelope = json.loads(body)
        items = [json.dumps(item, ensure_ascii=False) for item in envelope["items"]]
        return str(envelope["type"]), items
    except (ValueError, TypeError, KeyError):
        return UNREADABLE, [body.decode(errors="replace")]


def _key(text: str) -> str:
    """The id of the press in it, as it is stored; else the hash of what it says."""
    named = _field(text, "rating_id")
    return plain_id(named) if named else body_key(text.encode())


def _field(text: str, name: str) -> str | None:
    try:
        value = json.loads(text).get(name)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, str) else None
