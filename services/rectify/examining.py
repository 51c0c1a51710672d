"""Whether a case's history is whole: nothing edited, nothing cut out, nothing cut off. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.anchors import Head
from services.contracts.ledger import SEAL, first_broken
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


def cut(anchored: Head | None, document: Document) -> str | None:
    """What is wrong with a history that ended so when it was anchored; None when nothing is."""
    if anchored is None:
        return None
    history: Sequence[Document] = document["history"]
    if len(history) < anchored.version:
        return (
            f"{len(history)} lines are kept of the {anchored.version} that were anchored on"
            f" {anchored.day}: it was put back as it once was"
        )
    if history[anchored.version - 1][SEAL] != anchored.seal:
        return f"line {anchored.version} is not the one that was anchored on {anchored.day}"
    return None


def gone(anchored: Head) -> str:
    """What is wrong with an anchored case that is not kept any more."""
    return f"the case, anchored on {anchored.day} with {anchored.version} lines, is gone"
