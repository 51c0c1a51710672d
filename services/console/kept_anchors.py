"""Anchors that were kept outside the database, to be held up to the histories of today."""

from __future__ import annotations

from pathlib import Path

from services.contracts.anchors import Summary, Top
from services.errors import Invalid


def tops(file: Path | None, ledger: str, written_by: str) -> dict[str, Top]:
    """The top of each part in the file that a command wrote; none without a file.

    Raises Invalid for a file with no anchors of this ledger, which could prove nothing.
    """
    if file is None:
        return {}
    try:
        kept = Summary.model_validate_json(file.read_bytes())
    except ValueError:
        kept = None
    if kept is None or kept.ledger != ledger:
        raise Invalid(f"{file} holds no anchors of {ledger}; `{written_by}` writes them")
    return {top.part: top for top in kept.tops}
