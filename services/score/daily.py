"""What some units together had on a day, as a dashboard shows it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from services.score.kept import Kept
from services.score.tally import Cell, combined

Units = frozenset[str] | None


@dataclass(frozen=True)
class Daily:
    """The ratings of a day that enter rates, without their windows, and the tags they bear."""

    day: str
    cells: Counter[Cell]
    tags: Counter[str]

    @classmethod
    def of(cls, day: str, kept: Iterable[Kept]) -> Self:
        """The buckets of a day added up."""
        buckets = [each.bucket for each in kept]
        return cls(
            day,
            combined(
                {cell._replace(window=None): count}
                for bucket in buckets
                for cell, count in bucket.cells.items()
                if cell.counts
            ),
            combined(
                {topic.tag: count}
                for bucket in buckets
                for topic, count in bucket.topics.items()
                if topic.tag
            ),
        )
