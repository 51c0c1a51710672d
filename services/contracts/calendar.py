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
from importlib.metadata import version

import holidays
from holidays.countries.china import ChinaStaticHolidays

from services.contracts.terms import DayCount, Region, Term

DAY = timedelta(days=1)
LIBRARY = version("holidays")
YEARS_WITH_NOTICE = frozenset(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=64)
def _china(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year, language="zh_CN")


@dataclass(frozen=True)
class Pause:
    """A time, from `since` until before `until`, in which a clock stands still; without `until` it
    still does.
    """

    since: datetime
    until: datetime | None
    why: str

    def covers(self, at: datetime) -> bool:
        """Whether the clock stands still at that moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Day:
    """One day of a count: its number in the term or the hours counted on it, or why neither.

    `still`: the clock stood still when it closed, so it is subtracted.
    """

    day: date
    number: int | None
    why: str
    spent: timedelta = timedelta()
    still: bool = False

    @property
    def kind(self) -> str:
        """Whether it is counted, skipped or subtracted."""
        if self.number or self.spent:
            return "counted"
        return "subtracted" if self.still else "skipped"


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
        days = more.days if more.term.unit is DayCount.HOURS else more.days[1:]
        rest = tuple(
            replace(each, number=each.number + last if each.number else None) for each in days
        )
        warnings = tuple(dict.fromkeys(self.warnings + more.warnings))
        return Count(self.start, self.term, self.days + rest, more.due, warnings)


class Calendar:
    """Which days are working days in a region, and when its offices close."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._closes = time.fromisoformat(region.closes)
        self._days: dict[date, tuple[bool, str]] = {}

    @property
    def label(self) -> str:
        """The version of the calendar: the library that knows the notices, and local orders."""
        local = len(self.region.extra_workdays) + len(self.region.extra_rest_days)
        newest = max(YEARS_WITH_NOTICE)
        return f"holidays {LIBRARY}, notices to {newest}, {local} local days"

    def local(self, at: datetime) -> date:
        """The day in the region on which `at` falls."""
        return at.astimezone(self.region.zone).date()

    def begins(self, day: date) -> datetime:
        """The first moment of `day` in the region."""
        return datetime.combine(day, time.min, self.region.zone)

    def opening(self, at: datetime) -> datetime:
        """`at` itself while offices are open, else when they open next; breaks are closed too."""
        day = self.local(at)
        while True:
            for opens, _ in self._open(at, day):
                return opens
            day += DAY

    def close_of(self, day: date) -> datetime:
        """The close of business of `day`."""
        return datetime.combine(day, self._closes, self.region.zone)

    def next_close(self, at: datetime) -> date:
        """The day whose close of business comes next, or comes at that moment."""
        day = self.local(at)
        return day if at <= self.close_of(day) else day + DAY

    def works(self, day: date) -> bool:
        """Whether offices work on `day`; a local order goes before the national notice."""
        return self._kind(day)[0]

    def why(self, day: date) -> str:
        """What kind of day it is, in the words of the notice."""
        return self._kind(day)[1]

    def _kind(self, day: date) -> tuple[bool, str]:
        """Whether offices work on `day`, and why; each day is looked up once."""
        if day not in self._days:
            self._days[day] = (self._worked(day), self._named(day))
        return self._days[day]

    def _worked(self, day: date) -> bool:
        if day in self.region.extra_workdays:
            return True
        return day not in self.region.extra_rest_days and _china(day.year).is_working_day(day)

    def _named(self, day: date) -> str:
        if day in self.region.extra_workdays:
            return "workday by local order"
        if day in self.region.extra_rest_days:
            return "rest day by local order"
        if day in _china(day.year).weekend_workdays:
            return "make-up workday (调休)"
        if self._worked(day):
            return "working day"
        return _china(day.year).get(day) or "weekend"

    def count(self, start: datetime, term: Term, pauses: Sequence[Pause] = ()) -> Count:
        """Count `term` from the day after `start`, or in hours from `start` on, leaving out
        `pauses` (in order of time): of days those that close in one, of hours what lies in one.

        A term ends when offices close, so nothing falls due while the clock stands still.
        """
        if term.unit is DayCount.HOURS:
            days = tuple(self._hours(start, timedelta(hours=term.count), pauses))
            due = self._after(start, days[-1], pauses)
        else:
            days = tuple(self._counted(self.local(start), term, pauses))
            due = self.close_of(days[-1].day)
        known = YEARS_WITH_NOTICE | self.region.known_years
        years = sorted({each.day.year for each in days} - known)
        warnings = tuple(f"no holiday notice is known for {year}" for year in years)
        return Count(start, term, days, None if days[-1].still else due, warnings)

    def _hours(self, start: datetime, left: timedelta, pauses: Sequence[Pause]) -> Iterator[Day]:
        """Each day with the office hours counted on it (民法典 201: hours count from the event)."""
        day = self.local(start)
        while True:
            running = self._running(start, day, pauses)
            spent = min(left, sum((end - begin for begin, end in running), timedelta()))
            left -= spent
            still = self._stopped(day, pauses) if left else None
            why = still.why if still and not spent else self.why(day)
            yield Day(day, None, why, spent, still is not None)
            if not left or (still and still.until is None):
                return
            day += DAY

    def _stopped(self, day: date, pauses: Sequence[Pause]) -> Pause | None:
        """The pause in which `day` closes."""
        return next((pause for pause in pauses if pause.covers(self.close_of(day))), None)

    def _open(self, start: datetime, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The office hours of `day` that lie after `start`."""
        for begin, end in self.region.shifts if self.works(day) else ():
            opens, closes = (datetime.combine(day, at, self.region.zone) for at in (begin, end))
            if closes > start:
                yield max(opens, start), closes

    def _running(
        self, start: datetime, day: date, pauses: Sequence[Pause]
    ) -> Iterator[tuple[datetime, datetime]]:
        """The office hours of `day` after `start` in which the clock does not stand still."""
        for opens, closes in self._open(start, day):
            at = opens
            for pause in pauses:
                if at < min(pause.since, closes):
                    yield at, min(pause.since, closes)
                at = max(at, min(pause.until or closes, closes))
            if at < closes:
                yield at, closes

    def _after(self, start: datetime, last: Day, pauses: Sequence[Pause]) -> datetime:
        """The moment of the last day at which its counted hours are over."""
        left = last.spent
        for opens, closes in self._running(start, last.day, pauses):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        return start

    def _counted(self, start: date, term: Term, pauses: Sequence[Pause]) -> Iterator[Day]:
        yield Day(start, None, "day of the start event")
        day, number = start, 0
        while number < term.count or not self.works(day) or self._stopped(day, pauses):
            day += DAY
            still = self._stopped(day, pauses)
            if still:
                yield Day(day, None, still.why, still=True)
                if still.until is None:
                    return
            elif number == term.count:
                yield Day(day, None, f"last day was a rest day; {self.why(day)}")
            elif term.unit is DayCount.NATURAL or self.works(day):
                number += 1
                yield Day(day, number, self.why(day))
            else:
                yield Day(day, None, self.why(day))

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
