"""What some units together had on a day, as a dashboard shows it, read again once it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from services.adapters.breathing import breathing
from services.adapters.mongo import Db
from services.adapters.remembered import Remember, forgetful
from services.contracts.period import days_between
from services.score.editions import Editions
from services.score.kept import Kept
from services.score.repository import Tallies
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


class Dailies:
    """The days of some units, or of all."""

    def __init__(self, db: Db, remember: Remember = forgetful) -> None:
        self._tallies, self._editions, self._remember = Tallies(db), Editions(db), remember

    def between(self, first: date, last: date, units: Units = None) -> list[Daily]:
        """Each of these days, both inside."""
        days = list(days_between(first, last))
        editions = self._editions.of(map(str, days))
        return [self._of(day, editions[f"{day}"], units) for day in breathing(days)]

    def _of(self, day: date, edition: int, units: Units) -> Daily:
        def read() -> Daily:
            return Daily.of(f"{day}", breathing(self._tallies.between(day, day, units)))

        found: Daily = self._remember(("daily", day, units), edition, read)
        return found
