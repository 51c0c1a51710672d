"""What units did over some days, but for cases and imports: added up once, and read again only
when a day of theirs has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial, reduce
from itertools import groupby
from operator import add
from typing import Self

from services.adapters.breathing import breathing
from services.adapters.mongo import Db
from services.adapters.remembered import Remember, forgetful
from services.contracts.time_to_rate import TimeToRateEnds
from services.contracts.verdict import CaseAtCutOff
from services.score.editions import Editions
from services.score.errands import Errands, Served, at_cut_off
from services.score.facts import UnitFacts
from services.score.imports import Imported
from services.score.kept import Kept
from services.score.repository import Tallies
from services.score.tally import Bucket, Cell, Mark, Topic, combined

RECENT = timedelta(days=62)
"""Days as recent as this are added up by week; older ones, which seldom change, by month."""


@dataclass(frozen=True)
class Sums:
    """The cubes of one unit added up over some days; its errands stay apart by day."""

    cells: Counter[Cell]
    topics: Counter[Topic]
    marks: Counter[Mark]
    served: tuple[tuple[date, Served], ...]

    @classmethod
    def of(cls, buckets: Sequence[Bucket]) -> Self:
        """These buckets together."""
        days = ((date.fromisoformat(each.day), each.errands) for each in buckets)
        return cls._added(buckets, days)

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Several stretches of days together."""
        return cls._added(parts, (day for each in parts for day in each.served))

    @classmethod
    def _added(cls, parts: Sequence[Bucket | Self], served: Iterable[tuple[date, Served]]) -> Self:
        return cls(
            combined(each.cells for each in parts),
            combined(each.topics for each in parts),
            combined(each.marks for each in parts),
            tuple(served),
        )

    def at(
        self,
        ends: TimeToRateEnds,
        cut_off: datetime,
        cases: Iterable[CaseAtCutOff] = (),
        imports: Iterable[Imported] = (),
    ) -> UnitFacts:
        """The facts of the unit as they count at `cut_off`, with its cases and imports then."""
        counted = (at_cut_off(served, day, ends, cut_off) for day, served in self.served)
        return UnitFacts(
            self.cells,
            self.topics,
            reduce(add, counted, Errands()),
            tuple(cases),
            marks=self.marks,
            imports=tuple(imports),
        )


ByUnit = Mapping[str, Sums]


def summed(read: Iterable[Kept]) -> ByUnit:
    """By unit, its buckets added up."""
    own: dict[str, list[Bucket]] = {}
    for each in breathing(read):
        own.setdefault(each.unit, []).append(each.bucket)
    return {unit: Sums.of(buckets) for unit, buckets in breathing(own.items())}


def stretches(days: Iterable[date], today: date) -> Iterator[list[date]]:
    """Days in order, by month, and recent ones by week of a month."""

    def of(day: date) -> tuple[date, int]:
        return day.replace(day=1), day.isocalendar().week if today - day <= RECENT else 0

    for _, together in groupby(days, of):
        yield list(together)


class SumsOfDays:
    """Reads what units did, stretch by stretch."""

    def __init__(self, db: Db, remember: Remember = forgetful) -> None:
        self._tallies, self._editions, self._remember = Tallies(db), Editions(db), remember

    def over(self, days: Sequence[date], today: date) -> list[ByUnit]:
        """By unit, for each stretch of these days."""
        editions = self._editions.of(map(str, days))
        return [self._stretch(each, editions) for each in stretches(days, today)]

    def _stretch(self, days: Sequence[date], editions: Mapping[str, int]) -> ByUnit:
        first, last = days[0], days[-1]
        edition = tuple(editions[f"{day}"] for day in days)
        read = partial(self._tallies.between, first, last)
        found: ByUnit = self._remember((first, last), edition, lambda: summed(read()))
        return found
