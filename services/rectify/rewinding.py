"""A case as it stood at a past moment: its history undone from its end. Pure.

Every line of a history keeps the old value beside the new one, so undoing the later lines in turn
leaves what was known then. A due time is the one that was in force then, whatever the rules became.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.contracts.rules import Rules
from services.rectify.document import Document, callback_due, fields
from services.rectify.facts import Case

Line = Mapping[str, Any]
DUES = ("contact_due_at", "rectify_due_at")


def rewound(document: Document, at: datetime, rules: Rules) -> Document | None:
    """The case as the figures read it, at `at`; None for one that was not open yet."""
    if document["opened_at"] > at:
        return None
    later = [line for line in document["history"] if line["at"] > at]
    if not later:
        return document
    past = _undone(Case.model_validate({**document, "id": document["_id"]}), later)
    kept = {"_id": past.id, **fields(past, rules), **_dues(later)}
    if past.due_when_submitted:
        kept["rectify_due_at"] = past.due_when_submitted
    return {**kept, "callback_due_at": callback_due(past, kept["contact_due_at"])}


def _undone(case: Case, later: Sequence[Line]) -> Case:
    facts = case.model_dump(mode="json")
    for line in reversed(later):
        facts |= {name: old for name, (old, _) in _changes(line).items() if name in facts}
    first = later[0]
    return Case.model_validate({**facts, "state": first["before"], "version": first["version"] - 1})


def _dues(later: Sequence[Line]) -> dict[str, datetime | None]:
    """The due times that the first later change of each of them found, or that a submit kept."""
    found: dict[str, datetime | None] = {}
    for line in reversed(later):
        changes = _changes(line)
        _, kept = changes.get("due_when_submitted", (None, None))
        told = {"rectify_due_at": kept} if kept else {}
        told |= {name: changes[name][0] for name in DUES if name in changes}
        found |= {name: datetime.fromisoformat(at) if at else None for name, at in told.items()}
    return found


def _changes(line: Line) -> Mapping[str, Sequence[Any]]:
    changes: Mapping[str, Sequence[Any]] = line["details"].get("changes", {})
    return changes
