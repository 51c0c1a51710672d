"""What the registry takes and shows."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.contracts.directory import Directory, Principal


class ClockForm(BaseModel):
    """The business time to move to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    now: AwareDatetime


class CodeForm(BaseModel):
    """The one-time code that an administrator gave to whoever sets up the device."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: Annotated[str, StringConstraints(min_length=16, max_length=40)]


class RotationForm(BaseModel):
    """A device asks for its next key. It says so, for a signature does not name the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    purpose: Literal["rotate"]


class CodeIssued(BaseModel):
    """A one-time code, shown once; it ends by the wall clock."""

    device: str
    code: str
    expires_at: AwareDatetime


class KeyIssued(BaseModel):
    """A key (base64, 32 bytes), shown once, and the epoch in which the device now counts."""

    device: str
    key: str
    epoch: int


class Revoked(BaseModel):
    """The device has no key any more."""

    device: str
    epoch: int


class TokenIssued(BaseModel):
    """A token, shown once; only its hash is kept."""

    person: str
    token: str


class TokenRevoked(BaseModel):
    """The person has no token any more."""

    person: str


class Heard(BaseModel):
    """A device as the registry and its newest heartbeat know it.

    `keys` are valid now; with a code that was not used, `code_until` says how long it can be.
    """

    device: str
    epoch: int = 0
    keys: int = 0
    code_until: AwareDatetime | None = None
    seen_at: AwareDatetime | None = None
    outbox_depth: int | None = None
    refused: int | None = None
    version: str | None = None


class Installation(BaseModel):
    """What runs here: `trial` on the embedded database, and the rules and indexes in force."""

    trial: bool
    database: str
    rules: str
    in_force_from: date
    indexes: dict[str, str]
    registry: int
    version: str
    now: AwareDatetime


def public(directory: Directory) -> Directory:
    """The registry without anybody's token hash."""
    hidden = tuple(map(without_token, directory.principals))
    return directory.model_copy(update={"principals": hidden})


def without_token(person: Principal) -> Principal:
    """The person without the token hash."""
    return person.model_copy(update={"token_hash": None})
