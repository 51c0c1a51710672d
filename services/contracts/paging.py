"""Cursors: where the next page of a list begins, as a text that only the list understands. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema

NONE_OF_OURS = "not a cursor that a list has given"
_WRITTEN = b"-_"
Place = tuple[datetime, str]
"""Where a page of a list by time ends: the moment and the key of its last row."""


def cursor(place: str) -> str:
    """The cursor that continues a list after this place in its order."""
    return b64encode(place.encode(), altchars=_WRITTEN).decode()


def cursor_at(at: datetime, key: str) -> str:
    """The cursor that continues a list by time after this row."""
    return cursor(f"{at.isoformat()} {key}")


def _opened(given: Any) -> str:
    try:
        return b64decode(given, altchars=_WRITTEN, validate=True).decode()
    except (ValueError, TypeError):
        raise ValueError(NONE_OF_OURS) from None


def _opened_at(given: Any) -> Place:
    at, _, key = _opened(given).partition(" ")
    try:
        return datetime.fromisoformat(at), key
    except ValueError:
        raise ValueError(NONE_OF_OURS) from None


_TEXT = WithJsonSchema({"type": "string"})
Cursor = Annotated[str, BeforeValidator(_opened)]
CursorAt = Annotated[tuple[AwareDatetime, str], BeforeValidator(_opened_at), _TEXT]
"""In a query string: the place that a cursor stands for; what no list has given is refused."""
