"""Days and hours of the replayed year, in the county's own time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = 9 * 60, 17 * 60
ONLINE_FROM, ONLINE_TO = 7 * 60, 22 * 60


@cache
def all_days(year: int) -> tuple[date, ...]:
    """Every day of a year."""
    first = date(year, 1, 1)
    return tuple(first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days))


@cache
def working_days(year: int) -> tuple[date, ...]:
    """The days of a year on which offices work: weekends, holidays and 调休 as ordered."""
    china = holidays.country_holidays("CN", years=year)
    return tuple(day for day in all_days(year) if china.is_working_day(day))


def at(day: date, minute: int, second: int = 0) -> datetime:
    """A local moment, `minute` counted from midnight."""
    return datetime.combine(day, time(minute // 60, minute % 60, second), ZONE)


def after(moment: datetime, count: int, minute: int) -> datetime:
    """`minute` of the day, `count` working days after `moment`."""
    local = moment.astimezone(ZONE).date()
    days = working_days(local.year) + working_days(local.year + 1)
    return at(days[bisect_right(days, local) + count - 1], minute)


def in_opening_hours(rng: Random, days: tuple[date, ...]) -> datetime:
    """A moment at which a hall is open."""
    return at(rng.choice(days), rng.randrange(OPENS, CLOSES), rng.randrange(60))


def online(rng: Random, days: tuple[date, ...]) -> datetime:
    """A moment at which people are awake."""
    return at(rng.choice(days), rng.randrange(ONLINE_FROM, ONLINE_TO), rng.randrange(60))
