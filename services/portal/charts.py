"""Where things stand in a chart: drawn as SVG by the templates, without a script. Pure.

A picture that is part of the page prints, needs no download, and each bar of it can be a link to
the records behind it, which no chart library gives to a browser of some years ago without scripts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHARES_SEEN = 5
"""Powers of ten that a bar of shares spans: 1 in 100,000 is its left end, everything its right."""
SHADES = 5
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Column:
    """An upright bar of a chart; its slot reaches from `left` over `slot` to the next one."""

    left: float
    slot: float
    x: float
    y: float
    width: float
    height: float


def nice_top(values: Iterable[int]) -> int:
    """The round number at the top of a scale that holds all values; at least 1."""
    most = max(values, default=0)
    power = 10 ** (len(str(most)) - 1) if most else 1
    return next(step * power for step in STEPS if step * power >= most)


def columns(values: Sequence[int], width: float, height: float) -> list[Column]:
    """One bar for each value, side by side, up to `nice_top`; what is not nothing is seen."""
    top, slot = nice_top(values), width / max(1, len(values))
    tall = [max(height * value / top, 2.0 if value else 0.0) for value in values]
    return [
        Column(
            round(at * slot, 1),
            round(slot, 1),
            round(at * slot + slot * 0.15, 1),
            round(height - each, 1),
            round(slot * 0.7, 1),
            round(each, 1),
        )
        for at, each in enumerate(tall)
    ]


def log_part(count: float, total: float) -> float:
    """How much of a bar a share fills, from 0 to 1, on a scale of powers of ten.

    Next to nine thousand good ratings one that is bad would be a hair's breadth otherwise.
    """
    if not count or not total:
        return 0.0
    return min(1.0, max(0.02, 1 + math.log10(count / total) / SHARES_SEEN))


def shade(count: int, most: int) -> int:
    """Which of the `SHADES` a count has; 0 is none at all."""
    if not count:
        return 0
    return min(SHADES - 1, 1 + (SHADES - 1) * count // (most + 1))
