"""An event that must follow a write is kept inside the document that was written."""

from __future__ import annotations

from typing import Any

from services.contracts.message import Message


def entry(document_id: str, version: int, ordinal: int, message: Message) -> dict[str, Any]:
    """The outbox entry for `message`; its id is the same however often it is published."""
    return {
        "id": f"{document_id}:{version}:{ordinal}",
        "type": type(message).__name__,
        "item": message.model_dump(mode="json"),
    }
