"""What rules count time in: terms of days or hours, and the office hours of a region."""

from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from services.contracts.value import Value


class Block(Value):
    """A part of the rules, with the document or the reason that its values come from."""

    source: str


class DayCount(StrEnum):
    """What a deadline counts: every day, days on which offices work (with 调休), or their hours."""

    NATURAL = "natural_days"
    WORKING = "working_days"
    HOURS = "working_hours"


class Term(Value):
    """So many days, of which that of the start event is not counted; or so many office hours, which
    are counted from the start event on.
    """

    count: int = Field(ge=0)
    unit: DayCount


Break = Annotated[str, StringConstraints(pattern=r"^[0-2]\d:[0-5]\d-[0-2]\d:[0-5]\d$")]


class Region(Block):
    """Where these rules hold: name, time zone, office hours, and local day overrides.

    `breaks`, such as 12:00-14:00, lie within the hours in order. `known_years` are those whose days
    are all given here, so that no notice need be known for them.
    """

    name: str
    timezone: str = "Asia/Shanghai"
    opens: str = "09:00"
    closes: str = "17:00"
    breaks: tuple[Break, ...] = ()
    known_years: frozenset[int] = frozenset()
    extra_workdays: frozenset[date] = frozenset()
    extra_rest_days: frozenset[date] = frozenset()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The region's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def shifts(self) -> tuple[tuple[time, time], ...]:
        """The office hours of a day, from and to, without the breaks."""
        edges = [self.opens, *"-".join(self.breaks).split("-"), self.closes]
        times = [time.fromisoformat(edge) for edge in edges if edge]
        return tuple(zip(times[::2], times[1::2], strict=True))

    @model_validator(mode="after")
    def has_hours_in_order(self) -> Self:
        """Office hours go forward."""
        times = [moment for shift in self.shifts for moment in shift]
        if times != sorted(set(times)):
            raise ValueError("opens, breaks and closes have to follow each other in time")
        return self
