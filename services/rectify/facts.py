"""The values that the thinking of rectify is about: a case, and what may be asked of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.contracts.vocabulary import (
    CaseSource,
    CaseState,
    Channel,
    Closing,
    Invalidity,
    Level,
)
from services.rectify.attachment import Attachment

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Move(StrEnum):
    """Everything that can happen to a case once it is open; who may, and when: `case.TABLE`."""

    DISPATCH = "dispatch"
    CLAIM = "claim"
    ASSIGN = "assign"
    RETURN = "return"
    VERIFY = "verify"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    REFUSE = "refuse"
    EXPLAIN = "explain"
    CONFIRM = "confirm"
    DECLINE = "decline"
    SUBMIT = "submit"
    CALLBACK = "callback"
    APPEND = "append"
    OVERTURN = "overturn"
    INVALIDATE = "invalidate"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    DENY_EXTENSION = "deny_extension"
    PAUSE = "pause"
    RESUME = "resume"
    SUPERVISE = "supervise"
    LINK = "link"
    ATTACH = "attach"
    INFORM = "inform"
    OBJECT = "object"
    SUSTAIN = "sustain"
    DISMISS = "dismiss"
    REVEAL = "reveal"


class Result(StrEnum):
    """What a call-back (回访) found."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNREACHABLE = "unreachable"


Difficulty = Literal["ordinary", "complex"]


class Command(BaseModel):
    """One move that somebody asks for, once: `command_id` is theirs, the version what they saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    move: Move
    expected_version: int
    reason: Text | None = None
    text: Text | None = None
    evidence: tuple[Name, ...] = Field(default=(), max_length=20)
    result: Result | None = None
    reached: bool | None = None
    invalidity: Invalidity | None = None
    difficulty: Difficulty | None = None
    assignee: Name | None = None
    handler: Name | None = None


class Stop(BaseModel):
    """A time during which the rectify clock stands still; without `until` it still does."""

    model_config = ConfigDict(frozen=True)
    why: Literal["appeal", "pause"]
    since: AwareDatetime
    until: AwareDatetime | None = None


class Case(BaseModel):
    """A case (差评工单): what it is about, where it stands, and what its clocks and guards need.

    It holds no personal data of the rater. `unit` is the rated one; `home` is where the case opens:
    the same, or the one above for a forced review, which those accused do not see. A round begins
    with the dispatch and anew with every rework or reopening; each has its own rectify clock, and
    `overran` remembers a late one. `told_by`, of a forced review that somebody told with a receipt,
    is the key of their rating: the case is not about it, but its rater is to be called.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str
    source: CaseSource
    rating_key: str | None = None
    told_by: str | None = None
    reference: str | None = None
    unit: str
    home: str
    level: Level | None = None
    channel: Channel | None = None
    item: str | None = None
    window: str | None = None
    staff: str | None = None
    tags: tuple[str, ...] = ()
    named: bool = False
    contactable: bool = False
    rating_day: str
    opened_at: AwareDatetime

    version: int = 1
    state: CaseState = CaseState.UNDISPATCHED
    closing: Closing | None = None
    handler: str | None = None
    assignee: str | None = None
    round: int = 1
    supervised: bool = False
    escalations: tuple[str, ...] = ()

    dispatched_at: AwareDatetime | None = None
    contact_from: AwareDatetime | None = None
    verified_at: AwareDatetime | None = None
    round_from: AwareDatetime | None = None
    awaiting_since: AwareDatetime | None = None
    awaited_first: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    stops: tuple[Stop, ...] = ()
    difficulty: Difficulty = "ordinary"
    extended_in: int | None = None

    appealed: bool = False
    filer: str | None = None
    filer_unit: str | None = None
    explained_by: str | None = None
    extension_asked: bool = False
    extension_by: str | None = None
    reworked: bool = False
    reopened: bool = False
    attempts: int = 0

    submitted_at: AwareDatetime | None = None
    due_when_submitted: AwareDatetime | None = None
    replied_at: AwareDatetime | None = None
    reached: bool | None = None
    satisfied: bool | None = None
    append_level: Level | None = None
    overran: bool = False
    invalidated: bool = False
    mark_pending: bool = False
    invalidity: Invalidity | None = None
    decider: str | None = None
    informed_at: AwareDatetime | None = None
    objected: bool = False
    objecting: bool = False
    files: tuple[Attachment, ...] = ()
    erased_at: AwareDatetime | None = None

    @property
    def rater_key(self) -> str | None:
        """The key of the rating with which is kept who the rater is."""
        return self.rating_key or self.told_by

    @property
    def open_stop(self) -> Stop | None:
        """The stop that is still going on."""
        return next((stop for stop in self.stops if stop.until is None), None)

    @property
    def erasable_from(self) -> datetime | None:
        """Since when something personal is kept of it that nobody needs: since it was closed."""
        if self.rater_key is None or self.state is not CaseState.CLOSED or not self.closed_at:
            return None
        gone = self.erased_at is not None and self.erased_at >= self.closed_at
        return None if gone else self.closed_at

    @property
    def paused(self) -> bool:
        """Whether it waits for the citizen."""
        return self.open_stop is not None and self.open_stop.why == "pause"

    @property
    def seen_from(self) -> tuple[str, ...]:
        """The units that see the case, as do those above them."""
        return tuple(dict.fromkeys(unit for unit in (self.home, self.handler) if unit))
