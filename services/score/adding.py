"""What is printed adds up: changes of printed points, and what rounding left over (取整尾差). Pure.

Each part of a score is cut to two digits by itself (see `contracts.printing`), so that the printed
parts may fall short of the printed score.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.contracts.printing import POINTS

Line = Mapping[str, Any]
NOTHING = Decimal("0.00")


def printed(points: Fraction) -> Decimal:
    """Points as they are printed: cut towards nothing, whatever their sign."""
    size = POINTS.figure(abs(points))
    return -size if points < 0 and size else size


def signed(change: Decimal) -> str:
    """A change of printed points, such as `+0.43` or `-0.01`; `0.00` for none."""
    return f"{change:+f}" if change else f"{NOTHING}"


def rounding(line: Line | None) -> Decimal:
    """The printed score of a line less its printed parts; nothing without a score."""
    if not line or not line["score"]:
        return NOTHING
    return beyond_parts(line) - printed(Fraction(line.get("cut") or 0))


def beyond_parts(line: Line) -> Decimal:
    """The printed score less its printed parts: what rounding left, and what a cap took off."""
    parts = (Decimal(term["points"]["printed"]) for term in line["terms"])
    return Decimal(line["score"]["printed"]) - sum(parts, NOTHING)
