"""What people ask of score: query strings and bodies."""

from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.contracts.vocabulary import COMPOSITE, Channel, Level

OLDEST_S = 60
"""How old, in seconds, figures may be at most, whoever asks."""
Source = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Form(BaseModel):
    """A body or a query string of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Aged(Form):
    """How old, in seconds, the figures may be that are answered; 0 works them out now."""

    age: int = Field(default=0, ge=0, le=OLDEST_S)


class Watched(Aged):
    """Whether to look at what would keep a period from closing though it was closed before."""

    now: bool = False


class Told(Aged):
    """By which index of `config/index/`."""

    index: str = COMPOSITE


class Listed(Told):
    """Whether lines need no more than a list of units shows: places, scores and how many rated."""

    brief: bool = False


class Explained(Told):
    """Which page of what is behind a figure; `again` counts it anew from those ratings alone."""

    cursor: str | None = None
    again: bool = False


class Compared(Told):
    """What to compare with: a period, or a revision such as `2026-10@1`; by default the last."""

    other: str | None = Field(default=None, alias="with")


class Reported(Told):
    """In which format the board is wanted."""

    format: Literal["xlsx", "csv", "json", "html"] = "xlsx"


class Exported(Form):
    """In which form ratings are exported; each names its scale of levels."""

    form: Literal["national", "gbt39046"] = "national"


class Sheet(Form):
    """What a table is about that comes as a file, and the document or system that it is from."""

    period: str
    source: Source


class Days(Form):
    """From the first to the last day, both included."""

    first: date
    last: date


class Surveyed(Aged):
    """From the first to the last day, both included; a unit with all below it, or the region."""

    most_days: ClassVar[int] = 100
    first: date
    last: date
    unit: str | None = None

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        if not 0 <= (self.last - self.first).days < self.most_days:
            raise ValueError(f"'first' to 'last' are at most {self.most_days} days, in this order")
        return self


class Behind(Surveyed):
    """The ratings of one level, of the bad ones, of a channel with its parts, or with a tag.

    They are read day by day, so that they may be those of a year.
    """

    most_days: ClassVar[int] = 366
    level: Level | None = None
    bad: bool = False
    channel: Channel | None = None
    tag: str | None = None
    cursor: str | None = None
