"""What the registry takes and shows."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.contracts.directory import Directory


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


def public(directory: Directory) -> Directory:
    """The registry without anybody's token hash."""
    hidden = tuple(p.model_copy(update={"token_hash": None}) for p in directory.principals)
    return directory.model_copy(update={"principals": hidden})
