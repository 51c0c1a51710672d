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
from services.score.daily import Daily
from services.score.tally import by_level, combined, with_parts

View = dict[str, Any]
WEEKDAYS, HOURS = 7, 24


class Hour(NamedTuple):
    """Ratings of one level in one hour (of UTC, as every server has it) of a local day."""

    day: str
    hour: int
    level: int
    ratings: int


@dataclass(frozen=True)
class Overview:
    """The days from `first` to `last`, their hours, and the rules in force."""

    first: date
    last: date
    dailies: Sequence[Daily]
    hours: Sequence[Hour]
    rules: Rules

    def view(self) -> View:
        """Levels, days, channels, tags and hours."""
        levels = self._levels(self.dailies)
        return {
            "first": f"{self.first}",
            "last": f"{self.last}",
            **self._counted(levels),
            "levels": {str(int(level)): levels[level] for level in reversed(Level)},
            "days": list(map(self._day, self.dailies)),
            "channels": self._channels(),
            "tags": self._tags(),
            "hours": self._hours(),
        }

    def _levels(self, dailies: Iterable[Daily]) -> Counter[Level]:
        channels = self.rules.channels.by_code
        return by_level(combined(each.cells for each in dailies), channels)

    def _counted(self, levels: Mapping[Level, int]) -> View:
        total = sum(levels.values())
        bad = sum(count for level, count in levels.items() if self.rules.is_bad(level))
        rate = HIGHER_RATE.text(Fraction(total - bad, total)) if total else None
        return {"count": total, "bad": bad, "good_rate": rate}

    def _day(self, daily: Daily) -> View:
        return {"day": daily.day, **self._counted(self._levels([daily]))}

    def _channels(self) -> list[View]:
        """Every channel with its parts, as channels are published: they need not add up."""
        rules = self.rules.channels.by_code
        cells = combined(each.cells for each in self.dailies)
        own = combined({cell.channel: count} for cell, count in cells.items())
        bad = combined(
            {cell.channel: count} for cell, count in cells.items() if self.rules.is_bad(cell.level)
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
        return pareto(combined(each.tags for each in self.dailies), self.rules)

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
