"""What errands and ratings are called: the `_id`s by which their documents find one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.contracts.vocabulary import Stage, Turn


def errand_key(system: str | None, number: str | None, stage: Stage, occurrence: int) -> str:
    """What one service to one citizen is called: the errand, the stage and its occurrence."""
    return f"{system}:{number}:{stage}:{occurrence}"


def linked_key(errand: str, turn: Turn) -> str:
    """The key of the rating, or of the append to it, that names an errand."""
    return f"{errand}:{int(turn)}"


def alone_append_key(rating_id: str) -> str:
    """The key of the append to a rating that names no errand."""
    return f"{rating_id}:{int(Turn.APPEND)}"


def append_key(rating: Mapping[str, Any]) -> str:
    """The key of the append to a first rating."""
    if rating["_id"] == rating["rating_id"]:
        return alone_append_key(rating["rating_id"])
    return linked_key(_errand(rating), Turn.APPEND)


def first_key(rating: Mapping[str, Any]) -> str:
    """The key of a rating; of an append, that of the first rating that it belongs to."""
    if rating["turn"] != Turn.APPEND:
        return str(rating["_id"])
    return str(rating.get("appends") or linked_key(_errand(rating), Turn.FIRST))


def _errand(rating: Mapping[str, Any]) -> str:
    return str(rating["_id"].rpartition(":")[0])
