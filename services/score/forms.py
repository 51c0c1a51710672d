"""What people ask of score: query strings and bodies."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DEFAULT_INDEX = "haochaping-composite"
Source = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Form(BaseModel):
    """A body or a query string of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Told(Form):
    """By which index of `config/index/`."""

    index: str = DEFAULT_INDEX


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
