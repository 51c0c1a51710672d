"""What integrators are answered."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel

from services.adapters.openapi import FieldError
from services.capture.devices import TagShown
from services.contracts.receipts import Receipt
from services.contracts.vocabulary import Stage


class Taken(BaseModel):
    """The bus holds it; `trace` follows it through every log."""

    status: Literal["accepted"]
    trace: str


class RatingTaken(Taken):
    """The bus holds the press; ask the store for `rating_id` to learn what became of it.

    `receipt` is for the rater alone: with it they see what became of it, and may append once.
    """

    rating_id: str
    receipt: Receipt | None = None


class Result(BaseModel):
    """What became of one item of a batch; a refused one says what to mend."""

    status: Literal["accepted", "refused"]
    detail: str | None = None
    errors: list[FieldError] | None = None


class Sorted(BaseModel):
    """What became of a batch: a result for each item, in the order of the items."""

    accepted: int
    refused: int
    results: list[Result]


class Times(BaseModel):
    """Business time, by which deadlines run, and wall time, by which requests are signed."""

    now: AwareDatetime
    wall: AwareDatetime


class LinkIssued(BaseModel):
    """A link: its token, the page that it opens, and when it is over (never, for a plate)."""

    token: str
    url: str
    expires: AwareDatetime | None


class LinkShown(BaseModel):
    """What a link is about, in words for the citizen, and whether it can still be used."""

    state: Literal["open", "used", "expired"]
    detail: str
    stage: Stage
    item: str | None
    unit: str | None
    window: str | None
    levels: dict[int, str]
    tags: dict[int, list[TagShown]]
