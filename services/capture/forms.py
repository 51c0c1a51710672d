"""What integrators send, strictly checked; names follow the interfaces in use (domain digest 2.6).

Unknown fields are refused: a misspelt one would otherwise be lost in silence.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from services.contracts.events import SystemCode
from services.contracts.vocabulary import Channel, Level, Stage, Turn

Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2, 1, 1, tzinfo=UTC), le=datetime(9998, 12, 31, tzinfo=UTC)),
]
"""An instant that the database can keep, whatever its time zone."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Count = Annotated[int, Field(strict=True, ge=1, lt=2**53)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


def _no_boolean(value: Any) -> Any:
    """JSON's `true` equals 1 in Python, and would be taken for a very bad rating."""
    if isinstance(value, bool):
        raise ValueError("Input should be 5, 4, 3, 2 or 1")
    return value


PERSONAL = ("name", "phone", "certificate", "address", "comment")


class Form(BaseModel):
    """A body of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RatingForm(Form):
    """One press. `rating_id` is the sender's for ever: a resend with the same id is absorbed.

    `pressed_at` and `sent_at` are by the sender's clock; with both, a wrong clock is corrected.
    A device that counts its presses sends `epoch` and `sequence`, from 1, and its id follows them.
    A `probe` goes the whole way to prove that it is open, and counts nowhere.
    """

    rating_id: UUID
    level: Annotated[Level, BeforeValidator(_no_boolean)]
    channel: Channel
    pressed_at: Moment
    sent_at: Moment | None = None
    stage: Stage = Stage.COMPLETED
    turn: Turn = Turn.FIRST
    source_system: SystemCode | None = None
    errand_number: Code | None = None
    occurrence: int = Field(1, ge=1, le=999)
    item: Code | None = None
    unit: Code | None = None
    window: Code | None = None
    device: Code | None = None
    epoch: Count | None = None
    sequence: Count | None = None
    staff: Code | None = None
    tags: tuple[Code, ...] = Field((), max_length=20)
    name: Words | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 -]{5,20}$")] | None = None
    certificate: Code | None = None
    address: Place | None = None
    comment: Words | None = None
    probe: bool = False

    @model_validator(mode="after")
    def counts_whole(self) -> Self:
        """A sequence means nothing without the epoch in which it was counted."""
        if (self.epoch is None) != (self.sequence is None):
            raise ValueError("epoch and sequence go together")
        return self

    @property
    def personal(self) -> dict[str, str]:
        """What has to be sealed: everything that could tell who the rater is."""
        return {field: value for field in PERSONAL if (value := getattr(self, field))}


class ErrandForm(Form):
    """An errand (办件) reached a stage: accepted 受理 or completed 办结.

    `rated_as` is the `rating_id` of a press about it that could not name it, if one is known.
    """

    source_system: SystemCode
    errand_number: Code
    stage: Stage
    occurrence: int = Field(1, ge=1, le=999)
    item: Code
    unit: Code
    window: Code | None = None
    staff: Code | None = None
    reached_at: Moment
    promised_by: Moment | None = None
    rated_as: Annotated[UUID, PlainSerializer(str)] | None = None
