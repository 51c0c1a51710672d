"""The pace of a channel: its ratings hour by hour, and how many more there should have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
DAYS = 28
"""How far back one must look: three weeks before each hour of the last one."""
Slot = tuple[date, int]
"""An hour of a local day."""


@dataclass(frozen=True)
class Count:
    """How many ratings of a level came through a channel in one hour, and the last of them."""

    day: date
    hour: int
    channel: str
    level: int
    count: int
    last: datetime


@dataclass
class Pace:
    """One channel: its ratings hour by hour."""

    slots: Counter[Slot] = field(default_factory=Counter)
    ratings: int = 0
    bad: int = 0
    last: datetime | None = None

    def expected(self, now: datetime, rules: Rules) -> Fraction:
        """How many ratings were likely in the whole hours since the last one, at most a week.

        For each hour the mean of the same hour of the same weekday in the weeks before.
        """
        zone = rules.region.zone
        since = max(self.last or now - WEEK, now - WEEK).astimezone(zone)
        hour = datetime.combine(since.date(), time(since.hour), zone) + HOUR
        total = 0
        while hour.astimezone(UTC) + HOUR <= now:
            total += sum(self.slots[_slot(hour - n * WEEK)] for n in self._weeks(rules))
            hour += HOUR
        return Fraction(total, rules.watch.weeks)

    def _weeks(self, rules: Rules) -> range:
        return range(1, rules.watch.weeks + 1)


def paces(counts: Iterable[Count], rules: Rules) -> dict[Channel, Pace]:
    """The pace of every channel that the rules know."""
    found = {channel: Pace() for channel in rules.channels.by_code}
    for each in counts:
        pace = found.get(Channel(each.channel))
        if pace is not None:
            pace.slots[each.day, each.hour] += each.count
            pace.ratings += each.count
            pace.bad += each.count if each.level in rules.levels.bad else 0
            pace.last = max(pace.last or each.last, each.last)
    return found


def _slot(at: datetime) -> Slot:
    return at.date(), at.hour
