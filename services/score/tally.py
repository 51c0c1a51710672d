"""Tallies: how many ratings of each kind a unit had on a day, and how they are added up. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, Self, TypeVar

from services.contracts.rules import ChannelRule
from services.contracts.vocabulary import Channel, Level, Stage, Standing, Turn
from services.contracts.vocabulary import Mark as Remark
from services.score.errands import Served

Channels = Mapping[Channel, ChannelRule]
Row = list[Any]
Key = TypeVar("Key")


class Cell(NamedTuple):
    """What the first cube tells apart. Appends are kept apart, so that they never change a rate."""

    window: str | None
    channel: Channel
    stage: Stage
    turn: Turn
    level: Level
    standing: Standing

    @classmethod
    def of(cls, window: str | None, *codes: Any) -> Self:
        """A cell from the plain values of a document."""
        channel, stage, turn, level, standing = codes
        kinds = (Channel(channel), Stage(stage), Turn(turn), Level(level), Standing(standing))
        return cls(window, *kinds)

    @property
    def counts(self) -> bool:
        """Whether these ratings enter rates: valid, and not an append."""
        return self.standing is Standing.VALID and self.turn is Turn.FIRST


@lru_cache(maxsize=65536)
def _cell(*key: Any) -> Cell:
    """A cell from a row; months repeat the same few thousand."""
    return Cell.of(*key)


COUNTING = {"turn": Turn.FIRST.value, "standing": Standing.VALID.value}
"""How the document of a rating is asked for that enters rates, as `Cell.counts` says."""


class Mark(NamedTuple):
    """Ratings that count and bear a mark (标记). Without a reason: under any suspicion at all."""

    reason: str | None
    channel: Channel
    level: Level


class Topic(NamedTuple):
    """What the second cube tells apart; without a tag it counts the ratings of the item."""

    item: str | None
    tag: str | None


@dataclass(frozen=True)
class Bucket:
    """Both cubes of one unit on one local day."""

    day: str
    unit: str
    cells: Counter[Cell] = field(default_factory=Counter)
    topics: Counter[Topic] = field(default_factory=Counter)
    marks: Counter[Mark] = field(default_factory=Counter)
    errands: Served = field(default_factory=Served)

    def add(
        self,
        cell: Cell,
        item: str | None,
        tags: Iterable[str],
        count: int,
        marks: Iterable[str] = (),
    ) -> None:
        """Count ratings of one kind; topics and marks count only what enters rates."""
        self.cells[cell] += count
        if cell.counts:
            self.topics[Topic(item, None)] += count
            self.topics.update({Topic(item, tag): count for tag in set(tags)})
            reasons: set[str | None] = set(marks)
            reasons |= {None} if any(map(_is_suspicion, reasons)) else set()
            self.marks.update({Mark(why, cell.channel, cell.level): count for why in reasons})

    @property
    def id(self) -> str:
        """The `_id` of its document."""
        return f"{self.day}|{self.unit}"

    def packed(self) -> str:
        """All cubes as one text, equal for equal counts.

        As one value a document is read several times faster than as thousands of small ones.
        """
        cubes = (rows(self.cells), rows(self.topics), rows(self.marks), self.errands.plain())
        return json.dumps(cubes, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpacked(cls, day: str, unit: str, text: str) -> Self:
        """The bucket that was packed."""
        cells, topics, marks, errands = json.loads(text)
        return cls(
            day,
            unit,
            cells_from(cells),
            topics_from(topics),
            marks_from(marks),
            Served.from_plain(errands),
        )


def _is_suspicion(code: str | None) -> bool:
    """Whether a mark speaks against the press; one that nobody here knows does."""
    return Remark(code).is_suspicion if code in set(Remark) else True


def rows(counter: Mapping[Any, int]) -> list[Row]:
    """The counts as plain rows in a fixed order: what a document keeps."""
    return sorted(([*key, count] for key, count in counter.items()), key=repr)


def cells_from(plain: Iterable[Row]) -> Counter[Cell]:
    """The first cube from the rows of a document."""
    return counted({_cell(*key): count for *key, count in plain})


def marks_from(plain: Iterable[Row]) -> Counter[Mark]:
    """Marked ratings from the rows of a document."""
    return counted(
        {Mark(why, Channel(channel), Level(level)): n for why, channel, level, n in plain}
    )


def topics_from(plain: Iterable[Row]) -> Counter[Topic]:
    """The second cube from the rows of a document."""
    return counted({Topic(*key): count for *key, count in plain})


def combined(parts: Iterable[Mapping[Key, int]]) -> Counter[Key]:
    """All parts added up; their order does not matter."""
    total: dict[Key, int] = {}
    for part in parts:
        for key, count in part.items():
            total[key] = total.get(key, 0) + count
    return counted(total)


def counted(found: dict[Key, int]) -> Counter[Key]:
    """A counter made at once: a month has ten thousand buckets, and each has some."""
    counter: Counter[Key] = Counter()
    dict.update(counter, found)
    return counter


def by_level(cells: Mapping[Cell, int], channels: Channels) -> Counter[Level]:
    """How many ratings of each level enter the level statistics."""
    return Counter(
        dict.fromkeys(Level, 0)
        | combined(
            {cell.level: count}
            for cell, count in cells.items()
            if cell.counts and channels[cell.channel].in_levels
        )
    )


def points_sum(levels: Mapping[Level, int], points: Mapping[Level, int]) -> int:
    """Points of all ratings together."""
    return sum(points[level] * count for level, count in levels.items())


def mean_points(levels: Mapping[Level, int], points: Mapping[Level, int]) -> Fraction:
    """政务服务质量: mean points out of ten, Σ(points × count) ÷ Σ count.

    Inferred from published months: it fits 广东 2021-01 (9.9727).
    Raises ZeroDivisionError when nobody rated.
    """
    return Fraction(points_sum(levels, points), sum(levels.values()))


def with_parts(own: Mapping[Channel, int], channels: Channels) -> dict[Channel, int]:
    """Counts as they are published: a channel includes the channels that are part of it."""
    return {
        channel: own.get(channel, 0)
        + sum(own.get(part, 0) for part, rule in channels.items() if rule.parent == channel)
        for channel in channels
    }


def total_of(published: Mapping[Channel, int], channels: Channels) -> int:
    """The total of published counts: a part is in its parent already and never added twice."""
    return sum(
        count
        for channel, count in published.items()
        if channels[channel].in_total and channels[channel].parent is None
    )
