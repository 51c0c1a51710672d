"""The periods that are scored: a month, a quarter or a year, in days local to the region. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from services.errors import Invalid

DAY = timedelta(days=1)
_SHAPE = re.compile(r"([12]\d{3})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")


class NotAPeriod(Invalid):
    """A period is a month such as 2020-12, a quarter such as 2020-Q4, or a year such as 2020."""


class NotADay(Invalid):
    """A day is written like 2020-12-31."""


def a_day(text: str) -> date:
    """The day written as `text`. Raises NotADay."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotADay from None


def days_between(first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both inside, in order."""
    return (first + n * DAY for n in range((last - first).days + 1))


@dataclass(frozen=True)
class Period:
    """A month, quarter or year: its key and its first and last local day, both inside."""

    key: str
    first: date
    last: date

    @classmethod
    def parse(cls, key: str) -> Self:
        """The period named `key`. Raises NotAPeriod."""
        match = _SHAPE.fullmatch(key)
        if match is None:
            raise NotAPeriod
        year, month, quarter = (int(part) if part else 0 for part in match.groups())
        if month:
            return cls(key, *_span(year, month, 1))
        return cls(key, *(_span(year, quarter * 3 - 2, 3) if quarter else _span(year, 1, 12)))

    @classmethod
    def month_of(cls, day: date) -> Self:
        """The month that `day` belongs to."""
        return cls.parse(f"{day:%Y-%m}")

    @property
    def quarter(self) -> Period | None:
        """The quarter around a month: what to read when the month's sample is too small."""
        if self.first.month != self.last.month:
            return None
        return Period.parse(f"{self.first.year}-Q{(self.first.month + 2) // 3}")

    @property
    def months(self) -> tuple[Period, ...]:
        """The months that it is made of, in order; a month is made of itself."""
        months = range(self.first.month, self.last.month + 1)
        return tuple(Period.parse(f"{self.first.year}-{month:02}") for month in months)

    @property
    def before(self) -> Period:
        """The period of the same length that ended the day before this one begins."""
        day = self.first - DAY
        if len(self.months) == 1:
            return Period.month_of(day)
        quarter = f"-Q{(day.month + 2) // 3}" if len(self.months) == 3 else ""
        return Period.parse(f"{day.year}{quarter}")

    @property
    def days(self) -> Iterator[date]:
        """Its days, in order."""
        return days_between(self.first, self.last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def ends(self, zone: ZoneInfo) -> datetime:
        """The first moment after the period, local to the region: the earliest cut-off."""
        return datetime.combine(self.last + DAY, time(), zone)


def _span(year: int, month: int, months: int) -> tuple[date, date]:
    after = month - 1 + months
    return date(year, month, 1), date(year + after // 12, after % 12 + 1, 1) - DAY
