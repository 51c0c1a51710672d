"""What people ask of the store's work list, and what they and the senders are answered."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.paging import CursorAt
from services.contracts.vocabulary import Channel

Why = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
State = Literal["open", "replaying", "closed", "final", "discarded"]
MOST_LISTED = 500


class Form(BaseModel):
    """A body or a query string of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Form):
    """The query string of `GET /v1/quarantine`."""

    state: State = "open"
    reason: str | None = None
    cursor: CursorAt | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED


class ReplayForm(Form):
    """Which rows to replay: all open ones with this reason."""

    reason: Why


class DiscardForm(Form):
    """Why nothing is to be done about a row."""

    reason: Why


class Listed(BaseModel):
    """A row of the work list. `count`: receipts, and replays that were refused again."""

    model_config = ConfigDict(frozen=True)
    id: str
    kind: str
    state: State
    reason: str
    detail: str
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    count: int


class Shown(Listed):
    """A row with its history. Who may mend also sees the payload, personal fields masked."""

    history: list[dict[str, Any]] = []
    replayable: bool | None = None
    why_not: str | None = None
    payload: dict[str, Any] | None = None


class Replayed(BaseModel):
    """What a replay has set going; `left` says that rows remain, so ask again."""

    model_config = ConfigDict(frozen=True)
    replaying: int
    cannot: dict[str, str] = {}
    left: bool = False


class Whereabouts(BaseModel):
    """Where a rating is, for its sender."""

    model_config = ConfigDict(frozen=True)
    rating_id: str
    status: Literal["stored", "quarantined", "not_seen_yet", "probe_passed", "probe_refused"]
    detail: str
    stored_at: AwareDatetime | None = None
    reason: str | None = None
    state: State | None = None


class Finding(BaseModel):
    """Something too quiet, or too good: what it is about, how that is known, and what to do."""

    model_config = ConfigDict(frozen=True)
    kind: Literal[
        "no_ratings",
        "channel_unused",
        "channel_still",
        "never_bad",
        "device_silent",
        "outbox_growing",
        "presses_refused",
    ]
    subject: str
    detail: str
    do: str


class ChannelFigures(BaseModel):
    """A channel in the last four weeks.

    `expected`: how many ratings were likely since the last one, at the channel's own pace.
    """

    model_config = ConfigDict(frozen=True)
    channel: Channel
    last: AwareDatetime | None
    today: int
    ratings: int
    bad: int
    expected: float


class Looked(Form):
    """How old, in seconds, the answer of the watch may become before it looks again; 0: never."""

    age: int = Field(default=0, ge=0, le=60)


class Watched(BaseModel):
    """What is too quiet now, and the figures behind it."""

    model_config = ConfigDict(frozen=True)
    at: AwareDatetime
    rules: str
    findings: list[Finding]
    channels: list[ChannelFigures]
    devices_heard: int
    devices_expected: int
