"""A name for what files hold together: when one of them changes, the name does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

DIGITS = 12


@cache
def edition(*places: Path) -> str:
    """Twelve hexadecimal digits for the files in folders, as they are when first asked for."""
    whole = hashlib.sha256()
    for path in _files(places):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:DIGITS]


def _files(places: Iterable[Path]) -> list[Path]:
    return sorted(path for place in places for path in place.rglob("*") if path.is_file())
