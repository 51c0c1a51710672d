"""What happened at some units over some days, as a dashboard shows it. Pure.

Read from the same tallies as every month; each figure says which records it is counted from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from services.contracts.printing import HIGHER_RATE, SHARE
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel, Level
from services.score.kept import Kept
from services.score.tally import by_level, combined, with_parts

View = dict[str, Any]
DAY = timedelta(days=1)
WEEKDAYS, HOURS = 7, 24


class Hour(NamedTuple):
    """Ratings of one level in one hour (of UTC, which every server has) of a local day."""

    day: str
    unit: str
    hour: int
    level: int
    ratings: int


@dataclass(frozen=True)
class Overview:
    """The buckets and hours of the days from `first` to `last`, and the rules in force."""

    first: date
    last: date
    kept: Sequence[Kept]
    hours: Sequence[Hour]
    rules: Rules

    def view(self) -> View:
        """Levels, days, channels, tags and hours."""
        levels = self._levels(self.kept)
        return {
            "first": f"{self.first}",
            "last": f"{self.last}",
            **self._counted(levels),
            "levels": {str(int(level)): levels[level] for level in reversed(Level)},
            "days": list(map(self._day, self._by_day().items())),
            "channels": self._channels(),
            "tags": self._tags(),
            "hours": self._hours(),
        }

    def _levels(self, kept: Iterable[Kept]) -> Counter[Level]:
        channels = self.rules.channels.by_code
        return by_level(combined(each.bucket.cells for each in kept), channels)

    def _counted(self, levels: Mapping[Level, int]) -> View:
        total = sum(levels.values())
        bad = sum(count for level, count in levels.items() if self.rules.is_bad(level))
        rate = HIGHER_RATE.text(Fraction(total - bad, total)) if total else None
        return {"count": total, "bad": bad, "good_rate": rate}

    def _by_day(self) -> dict[str, list[Kept]]:
        days = (self.last - self.first).days + 1
        found: dict[str, list[Kept]] = {f"{self.first + n * DAY}": [] for n in range(days)}
        for each in self.kept:
            found[each.day].append(each)
        return found

    def _day(self, day: tuple[str, list[Kept]]) -> View:
        return {"day": day[0], **self._counted(self._levels(day[1]))}

    def _channels(self) -> list[View]:
        """Every channel with its parts, as channels are published: they need not add up."""
        rules = self.rules.channels.by_code
        cells = combined(each.bucket.cells for each in self.kept)
        counting = {cell: count for cell, count in cells.items() if cell.counts}
        own = combined({cell.channel: count} for cell, count in counting.items())
        bad = combined(
            {cell.channel: count}
            for cell, count in counting.items()
            if self.rules.is_bad(cell.level)
        )
        counts, bads = with_parts(own, rules), with_parts(bad, rules)
        shown = sorted(counts, key=lambda each: (-counts[each], each))
        return [self._channel(each, counts, bads) for each in shown if counts[each]]

    def _channel(
        self, channel: Channel, counts: Mapping[Channel, int], bads: Mapping[Channel, int]
    ) -> View:
        label = self.rules.channels.by_code[channel].label
        counted = {"count": counts[channel], "bad": bads[channel]}
        return {"channel": channel.value, "label": label, **counted}

    def _tags(self) -> list[View]:
        """Tags of bad ratings, most picked first, with shares that add up (Pareto)."""
        topics = combined(each.bucket.topics for each in self.kept)
        tags = combined({topic.tag: count} for topic, count in topics.items() if topic.tag)
        return pareto(tags, self.rules)

    def _hours(self) -> list[list[View]]:
        """By weekday (Monday first) and local hour, how many were rated and how many badly."""
        counts: Counter[tuple[int, int, bool]] = Counter()
        for each in self.hours:
            weekday = date.fromisoformat(each.day).weekday()
            at = weekday, self._local(each.day, each.hour), self.rules.is_bad(Level(each.level))
            counts[at] += each.ratings
        return [
            [_slot(counts, weekday, hour) for hour in range(HOURS)] for weekday in range(WEEKDAYS)
        ]

    def _local(self, day: str, hour: int) -> int:
        noon = datetime.combine(date.fromisoformat(day), time(12), self.rules.region.zone)
        offset = noon.utcoffset() or timedelta()
        return (hour + offset // timedelta(hours=1)) % HOURS


def _slot(counts: Mapping[tuple[int, int, bool], int], weekday: int, hour: int) -> View:
    bad, good = counts.get((weekday, hour, True), 0), counts.get((weekday, hour, False), 0)
    return {"count": good + bad, "bad": bad}


def pareto(tags: Mapping[str, int], rules: Rules) -> list[View]:
    """The tags of bad levels among these, most picked first, with shares that add up."""
    known = rules.tags
    bad = {code: n for code, n in tags.items() if code in known and rules.is_bad(known[code].level)}
    total, so_far, told = sum(bad.values()), 0, []
    for code, count in sorted(bad.items(), key=lambda each: (-each[1], each[0])):
        so_far += count
        shares = {
            "share": SHARE.text(Fraction(count, total)),
            "cumulative": SHARE.text(Fraction(so_far, total)),
        }
        told.append({"tag": code, "label": known[code].label, "count": count, **shares})
    return told
