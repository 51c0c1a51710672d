"""How much working time a case has left, in the words of an office. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.contracts.calendar import DAY, Calendar

SOON_DAYS = 1
FARTHEST_DAYS = 400
"""Nobody reads a larger number of days; so many are counted and no more."""


class Urgency(StrEnum):
    """How pressing a case is, the most pressing first."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    CALM = "calm"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True)
class Remaining:
    """`days` are the working days after today up to the due day, or since it when overdue;
    `minutes` the office time left until a moment of today.
    """

    urgency: Urgency
    due_at: datetime | None = None
    days: int = 0
    minutes: int = 0


def remaining(
    due_at: datetime | None, now: datetime, calendar: Calendar, *, paused: bool = False
) -> Remaining:
    """What is left at `now` of a case due at `due_at`; a case without a due time is closed."""
    if due_at is None:
        return Remaining(Urgency.CLOSED)
    if paused:
        return Remaining(Urgency.PAUSED, due_at)
    today, last = calendar.local(now), calendar.local(due_at)
    if due_at < now:
        return Remaining(Urgency.OVERDUE, due_at, _working_days(last, today, calendar))
    if today == last:
        return Remaining(Urgency.TODAY, due_at, 0, _minutes(now, due_at, calendar))
    days = _working_days(today, last, calendar)
    return Remaining(Urgency.SOON if days <= SOON_DAYS else Urgency.CALM, due_at, days)


def _working_days(after: date, until: date, calendar: Calendar) -> int:
    span = min((until - after).days, FARTHEST_DAYS)
    return sum(calendar.works(after + step * DAY) for step in range(1, span + 1))


def _minutes(start: datetime, end: datetime, calendar: Calendar) -> int:
    day, zone = calendar.local(start), calendar.region.zone
    shifts = (
        (datetime.combine(day, opens, zone), datetime.combine(day, closes, zone))
        for opens, closes in (calendar.region.shifts if calendar.works(day) else ())
    )
    spans = (min(end, closes) - max(start, opens) for opens, closes in shifts)
    return sum((span for span in spans if span > timedelta()), timedelta()) // timedelta(minutes=1)
