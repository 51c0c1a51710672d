"""Figures that a place has published, held against each other and against our formulas. Pure.

Published months disagree with themselves here and there. What differs is told with both numbers;
nothing is bent to fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from services.contracts.printing import SHARE, Printing, Rounding
from services.contracts.vocabulary import Level
from services.score.tally import mean_points

OUT_OF_LEVELS = frozenset({"短信", "一体机", "热线"})
"""Channels that 广东 counts in the total and in no level (domain digest 2.2)."""
WORST = (1, 2)
_PRINTED = re.compile(r"printed ([\d.]+)%")


@dataclass(frozen=True)
class Finding:
    """One comparison: what was published, what follows from the rest, and whether they agree."""

    what: str
    published: str
    computed: str
    agrees: bool

    def plain(self) -> dict[str, Any]:
        """What is shown."""
        return dict(vars(self))


@dataclass(frozen=True)
class Published:
    """What one place published for one period."""

    channels: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    levels: dict[Level, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)
    single: dict[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str]]) -> Self:
        """Read rows of `field, value, source`."""
        found = cls()
        for row in rows:
            kind, _, name = row["field"].partition(":")
            found._take(kind, name, row)
        return found

    def _take(self, kind: str, name: str, row: Mapping[str, str]) -> None:
        if not name:
            self.single[kind] = Decimal(row["value"])
        elif kind == "level":
            self.levels[Level(int(name))] = int(row["value"])
        else:
            {"channel": self.channels, "part": self.parts, "tag": self.tags}[kind][name] = int(
                row["value"]
            )
        if printed := _PRINTED.search(row["source"]):
            self.shares[name] = printed[1]

    @property
    def in_levels(self) -> int:
        """The ratings that the level counts should add up to."""
        whole = sum(n for name, n in self.channels.items() if name not in OUT_OF_LEVELS)
        parts = {name.partition("/")[2]: n for name, n in self.parts.items()}
        return whole - sum(n for name, n in parts.items() if name in OUT_OF_LEVELS)


def reconcile(found: Published, points: Mapping[Level, int]) -> Iterator[Finding]:
    """Sums, the mean of points, shares, and tags against bad ratings."""
    if found.channels and "reviews_total" in found.single:
        published = int(found.single["reviews_total"])
        yield _equal("sum of channels", published, sum(found.channels.values()))
    if found.channels and found.levels:
        levels = sum(found.levels.values())
        yield _equal("level counts and channels in levels", levels, found.in_levels)
    if found.levels and "printed_average" in found.single:
        mean = mean_points(found.levels, points)
        yield _printed("mean of points", found.single["printed_average"], mean)
    if found.tags:
        bad = sum(found.levels.get(Level(level), 0) for level in WORST)
        most = max(found.tags.values())
        yield Finding("no tag more often than bad ratings", f"{most}", f"{bad}", most <= bad)
    for name, share in found.shares.items():
        if name in found.channels:
            exact = Fraction(found.channels[name], sum(found.channels.values()))
            yield Finding(f"share of {name}", f"{share}%", SHARE.text(exact), _same(share, exact))


def _equal(what: str, published: int, computed: int) -> Finding:
    return Finding(what, f"{published}", f"{computed}", published == computed)


def _printed(what: str, published: Decimal, exact: Fraction) -> Finding:
    """A mean agrees when some usual rounding prints it: practice is not uniform."""
    decimals = max(0, -int(published.as_tuple().exponent))
    ways = (Printing(way, decimals, percent=False).figure(exact) for way in Rounding)
    agrees = any(way == published for way in ways)
    four = Printing(Rounding.HALF_UP, 4, percent=False).text(exact)
    return Finding(what, f"{published}", four, agrees)


def _same(share: str, exact: Fraction) -> bool:
    return SHARE.figure(exact) == Decimal(share)
