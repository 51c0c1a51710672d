"""Until when the service that an errand was may be rated. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache, lru_cache

from services.contracts.calendar import calendar_of
from services.contracts.terms import Region, Term

TimeToRateEnds = Callable[[date], datetime]
"""The end of the time to rate, by the local day on which an errand reached its stage."""


@lru_cache(maxsize=16)
def rating_ends(region: Region, term: Term) -> TimeToRateEnds:
    """When the time to rate ends: counted like every term (see `contracts.calendar`).

    The day of the service is not counted (山东 鲁政办发〔2020〕10号: within 5 working days of it);
    it is over at the close of business of its last day. After that, silence is 未评, or what the
    rules of the place make of it; a press that comes later is kept and counts.
    """
    calendar = calendar_of(region)

    @cache
    def ends(day: date) -> datetime:
        counted = calendar.count(datetime.combine(day, time(), region.zone), term)
        return calendar.close_of(counted.days[-1].day)

    return ends
