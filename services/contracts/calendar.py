"""The working calendar of a region in China, and how terms of days are counted on it. Pure.

Counting (民法典 2020, art. 201 and 203): the day of the start event is not counted; a term ends at
the close of business of its last day; a last day that is a rest day moves to the next working day.
Make-up workdays (调休) count as working days, as the yearly notice of the State Council orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays
from holidays.countries.china import ChinaStaticHolidays

from services.contracts.rules import DayCount, Region, Term

DAY = timedelta(days=1)
YEARS_WITH_NOTICE = frozenset(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=64)
def _china(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year, language="zh_CN")


@dataclass(frozen=True)
class Pause:
    """Whole days, first to last, on which a clock stands still; without `last` it still does."""

    first: date
    last: date | None
    why: str

    def covers(self, day: date) -> bool:
        """Whether the clock stands still on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Day:
    """One day of a count: its number in the term, or None when skipped, and why."""

    day: date
    number: int | None
    why: str


@dataclass(frozen=True)
class Count:
    """A term counted out day by day. `due` is None while the clock stands still.

    `warnings` name years for which no holiday notice is known, so that only weekends are sure.
    """

    start: datetime
    term: Term
    days: tuple[Day, ...] = field(repr=False)
    due: datetime | None
    warnings: tuple[str, ...] = ()

    def then(self, more: Count) -> Count:
        """This count continued by one that starts on its last day, such as an extension."""
        last = max(each.number or 0 for each in self.days)
        rest = tuple(
            replace(each, number=each.number + last if each.number else None)
            for each in more.days[1:]
        )
        warnings = tuple(dict.fromkeys(self.warnings + more.warnings))
        return Count(self.start, self.term, self.days + rest, more.due, warnings)


class Calendar:
    """Which days are working days in a region, and when its offices close."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._closes = time.fromisoformat(region.closes)

    def local(self, at: datetime) -> date:
        """The day in the region on which `at` falls."""
        return at.astimezone(self.region.zone).date()

    def close_of(self, day: date) -> datetime:
        """The close of business of `day`."""
        return datetime.combine(day, self._closes, self.region.zone)

    def works(self, day: date) -> bool:
        """Whether offices work on `day`; a local order goes before the national notice."""
        if day in self.region.extra_workdays:
            return True
        return day not in self.region.extra_rest_days and _china(day.year).is_working_day(day)

    def why(self, day: date) -> str:
        """What kind of day it is, in the words of the notice."""
        if day in self.region.extra_workdays:
            return "workday by local order"
        if day in self.region.extra_rest_days:
            return "rest day by local order"
        if day in _china(day.year).weekend_workdays:
            return "make-up workday (调休)"
        if self.works(day):
            return "working day"
        return _china(day.year).get(day) or "weekend"

    def count(self, start: datetime, term: Term, pauses: Sequence[Pause] = ()) -> Count:
        """Count `term` from the day after `start`, leaving out the days of `pauses`."""
        days = tuple(self._counted(self.local(start), term, pauses))
        last = days[-1].day
        ended = not any(pause.last is None and pause.covers(last) for pause in pauses)
        years = sorted({each.day.year for each in days} - YEARS_WITH_NOTICE)
        warnings = tuple(f"no holiday notice is known for {year}" for year in years)
        return Count(start, term, days, self.close_of(last) if ended else None, warnings)

    def _counted(self, start: date, term: Term, pauses: Sequence[Pause]) -> Iterator[Day]:
        yield Day(start, None, "day of the start event")
        day, number = start, 0
        while number < term.count:
            day += DAY
            still = next((pause for pause in pauses if pause.covers(day)), None)
            if still:
                yield Day(day, None, still.why)
                if still.last is None:
                    return
            elif term.unit is DayCount.NATURAL or self.works(day):
                number += 1
                yield Day(day, number, self.why(day))
            else:
                yield Day(day, None, self.why(day))
        while not self.works(day):
            day += DAY
            yield Day(day, None, f"last day was a rest day; {self.why(day)}")

    def shift(self, due: datetime, working_days: int) -> datetime:
        """`due`, or the close of business so many working days before (<0) or after it."""
        if not working_days:
            return due
        step = DAY if working_days > 0 else -DAY
        day, left = self.local(due), abs(working_days)
        while left:
            day += step
            left -= self.works(day)
        return self.close_of(day)


@lru_cache(maxsize=16)
def calendar_of(region: Region) -> Calendar:
    """The calendar of a region."""
    return Calendar(region)
