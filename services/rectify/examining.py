"""Whether a case's history is whole: nothing edited, nothing cut out, nothing cut off. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.ledger import first_broken
from services.rectify.document import head
from services.rectify.facts import Case

Document = Mapping[str, Any]


def fault(key: bytes, document: Document) -> str | None:
    """What is wrong with the history of a case as it is kept; None when it is whole."""
    history: Sequence[Document] = document["history"]
    broken = first_broken(key, history)
    if broken is not None:
        return (
            f"line {broken + 1} does not fit the one before it: it was edited, or one was cut out"
        )
    if [entry["version"] for entry in history] != list(range(1, document["version"] + 1)):
        return (
            f"{len(history)} lines are kept of {document['version']}: some were cut off or put in"
        )
    case = Case.model_validate({**document, "id": document["_id"]})
    last = history[-1]
    if document["seal"] != last["seal"] or document["head"] != head(key, case, last["seal"]):
        return f"the history does not end with line {len(history)}: later ones were cut off"
    if last["after"] != document["state"]:
        return f"the last line leaves it {last['after']}, but it is kept as {document['state']}"
    return None
