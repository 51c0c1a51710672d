"""What happened, in the past tense: the events of the bus and the fields they carry."""

from base64 import b64decode, b64encode
from typing import Annotated, ClassVar, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from services.contracts.keys import alone_append_key, errand_key, linked_key
from services.contracts.message import Message
from services.contracts.vocabulary import (
    CaseSource,
    CaseState,
    Channel,
    Closing,
    Invalidity,
    Level,
    Stage,
    Turn,
)

Sealed = Annotated[
    bytes,
    BeforeValidator(lambda value: b64decode(value) if isinstance(value, str) else value),
    PlainSerializer(lambda value: b64encode(value).decode(), when_used="json"),
]
"""A ciphertext: bytes in a document, base64 on the bus."""

SystemCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
"""The code of a system that issues errand numbers; it holds no colon, so that keys stay apart."""


class RatingSubmitted(Message):
    """A press that the edge accepted: who, what and when, with personal fields sealed.

    `sealed` holds name, phone, certificate, address and comment as one ciphertext; the flags say
    what rules need to know without opening it, and `phone_hash` is keyed, so that whoever has the
    rater on the phone finds the case. `pressed_at` is corrected by the device's offset.
    `receipt` is made anew each time the edge takes the press, so that a resend is told from a
    redelivery by the bus. `marks` are suspicions of the edge; they change no official number.
    `epoch` and `sequence` are a device's own count of its presses. A `probe` proves that the way
    is open: it ends beside the ratings, never among them. `appends` is the id of the first rating
    that an unlinked append belongs to.
    """

    routing_key: ClassVar[str] = "rating.submitted"
    rating_id: str
    level: Level
    channel: Channel
    stage: Stage = Stage.COMPLETED
    turn: Turn = Turn.FIRST
    source_system: SystemCode | None = None
    errand_number: str | None = None
    occurrence: int = 1
    item: str | None = None
    unit: str | None = None
    window: str | None = None
    device: str | None = None
    epoch: int | None = None
    sequence: int | None = None
    staff: str | None = None
    tags: tuple[str, ...] = ()
    named: bool = False
    contactable: bool = False
    has_text: bool = False
    sealed: Sealed | None = None
    phone_hash: str | None = None
    pressed_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    received_at: AwareDatetime
    submitted_by: str
    receipt: str
    fingerprint: str
    marks: tuple[str, ...] = ()
    probe: bool = False
    appends: str | None = None

    @model_validator(mode="after")
    def names_its_errand_whole(self) -> Self:
        """An errand number means nothing without the system that issued it."""
        if (self.errand_number is None) != (self.source_system is None):
            raise ValueError("errand_number and source_system go together")
        return self

    @property
    def about(self) -> str:
        """The same for a first rating and its append."""
        return self.errand_key if self.linked else self.appends or self.rating_id

    @property
    def linked(self) -> bool:
        """Whether the press names the errand it is about."""
        return self.errand_number is not None

    @property
    def key(self) -> str:
        """What the rating is about: the `_id` under which it can be stored only once."""
        if not self.linked:
            return alone_append_key(self.appends) if self.appends else self.rating_id
        return linked_key(self.errand_key, self.turn)

    @property
    def errand_key(self) -> str:
        """The `_id` of the errand, at the stage, that a linked press is about."""
        return errand_key(self.source_system, self.errand_number, self.stage, self.occurrence)

    @property
    def key_of_first(self) -> str:
        """The `_id` of the first rating that this append belongs to."""
        if not self.linked:
            return self.appends or self.rating_id
        return linked_key(self.errand_key, Turn.FIRST)


class ErrandReported(Message):
    """A business system says that an errand (办件) reached a stage: what a rating is about.

    `rated_as` is the id of a rating that was given about it and could not name it: the device that
    stood before the citizen knows no errand, but told the system by which it was called.
    """

    routing_key: ClassVar[str] = "errand.reported"
    source_system: SystemCode
    errand_number: str
    stage: Stage
    occurrence: int = 1
    item: str
    unit: str
    window: str | None = None
    staff: str | None = None
    reached_at: AwareDatetime
    promised_by: AwareDatetime | None = None
    rated_as: str | None = None
    received_at: AwareDatetime
    submitted_by: str

    @property
    def key(self) -> str:
        """The `_id` of this errand at this stage."""
        return errand_key(self.source_system, self.errand_number, self.stage, self.occurrence)


class BadRatingStored(Message):
    """A rating of level 2 or 1 is in the store: a case may have to be opened."""

    routing_key: ClassVar[str] = "bad_rating.stored"
    rating_key: str
    level: Level
    channel: Channel
    unit: str
    window: str | None = None
    staff: str | None = None
    item: str | None = None
    tags: tuple[str, ...] = ()
    linked: bool
    named: bool
    contactable: bool
    has_text: bool
    pressed_at: AwareDatetime
    source: CaseSource = CaseSource.RATING


class AppendStored(Message):
    """The rater appended (追评) once to a first rating that was bad."""

    routing_key: ClassVar[str] = "append.stored"
    rating_key: str
    first_key: str
    level: Level
    pressed_at: AwareDatetime


class RatingInvalidated(Message):
    """The store has marked a rating invalid; it stays, and counts no more."""

    routing_key: ClassVar[str] = "rating.invalidated"
    rating_key: str
    reason: Invalidity
    command_id: str


class RatingLinked(Message):
    """A bad rating was joined to its errand (or parted from it) after it was stored.

    `rule` says by what it was matched. A case about it was opened at `unit_before`; the rating
    counts at `unit` now.
    """

    routing_key: ClassVar[str] = "rating.linked"
    rating_key: str
    errand_key: str
    linked: bool
    rule: str
    unit_before: str
    unit: str
    level: Level
    at: AwareDatetime


class CaseOpened(Message):
    """A case was opened for a bad rating or another source."""

    routing_key: ClassVar[str] = "case.opened"
    case_id: str
    rating_key: str | None
    unit: str
    at: AwareDatetime


class CaseMoved(Message):
    """A case made a move of its table, or reached a rung of the ladder, which `tells` a role."""

    routing_key: ClassVar[str] = "case.moved"
    case_id: str
    move: str
    before: CaseState
    after: CaseState
    by: str
    at: AwareDatetime
    tells: str | None = None


class CaseClosed(Message):
    """A case reached its end."""

    routing_key: ClassVar[str] = "case.closed"
    case_id: str
    closing: Closing
    at: AwareDatetime
