"""What the audit tells of a change of the registry: fields, old and new values. Pure."""

from __future__ import annotations

from typing import Any

from services.contracts.directory import Directory, Entry
from services.registry.tree import KINDS

PERSONAL = tuple(f"principals/*/{each}" for each in ("name", "mail", "token_hash", "oidc_subject"))
"""Of what is personal, and of what opens something, only keyed hashes enter the audit."""


def entries_of(directory: Directory) -> dict[str, Any]:
    """The entries of a registry by kind and id; one that moved has a further name per period."""
    named = {kind: _by_name(getattr(directory, kind)) for kind in KINDS}
    return {"version": directory.version, **named}


def _by_name(entries: tuple[Entry, ...]) -> dict[str, Any]:
    return {_name(each): each.model_dump(mode="json", exclude_none=True) for each in entries}


def _name(entry: Entry) -> str:
    begins = entry.active_from
    return f"{entry.id}@{begins.isoformat()}" if begins else entry.id
