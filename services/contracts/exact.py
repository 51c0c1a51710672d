"""Numbers as people write them, exactly; what is no number of a sensible size is refused. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = re.compile(
    r"[+-]?\d{1,18}(\.\d{0,30})?(e[+-]?\d{1,2})?(/0*[1-9]\d{0,17})?", re.IGNORECASE
)
PERCENT = ("%", "％")


def exact(written: object) -> Fraction:
    """0.95, "95%" and "19/20" are the same exact value. Raises ValueError."""
    text = str(written).strip()
    number = text[:-1].strip() if text.endswith(PERCENT) else text
    if not _NUMBER.fullmatch(number) or ("/" in number and not set(number).isdisjoint(".eE")):
        raise ValueError(f"'{text[:40]}' is no number; write it like 0.95, 95% or 19/20")
    return Fraction(number) / (100 if text.endswith(PERCENT) else 1)
