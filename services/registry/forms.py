"""What the registry takes and shows."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal

LONGEST_TOKEN_DAYS = 366
Typed = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""What somebody typed into a field of a sign-in; what is longer is no name or password."""
Brought = Annotated[str, StringConstraints(max_length=200)]


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


class SignInForm(BaseModel):
    """A name and its password, and what the browser was given at an earlier sign-in."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Typed
    password: Typed = Field(repr=False)
    browser: Brought | None = Field(None, repr=False)


class PasswordForm(BaseModel):
    """Another password in the place of the one before."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Typed
    old: Typed = Field(repr=False)
    new: Typed = Field(repr=False)
    browser: Brought | None = Field(None, repr=False)


class VouchedForm(BaseModel):
    """What the identity provider sent back by the browser, and what this sign-in began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: Annotated[str, StringConstraints(min_length=1, max_length=4096)] = Field(repr=False)
    nonce: Brought = Field(repr=False)
    verifier: Brought = Field(repr=False)


class Began(BaseModel):
    """Where the browser goes to sign in, and what has to be brought back from there."""

    url: str
    state: str
    nonce: str = Field(repr=False)
    verifier: str = Field(repr=False)


class SignedIn(BaseModel):
    """A session: its token, and by which secret the browser is known as the person's next time."""

    person: str
    token: str = Field(repr=False)
    expires_at: AwareDatetime
    browser: str | None = Field(None, repr=False)


class PasswordChanged(BaseModel):
    """The password is another one; every session that there was has ended."""

    name: str


class SignedOut(BaseModel):
    """Whether there was a session to end."""

    ended: bool


class AccountShown(BaseModel):
    """An account as administrators see it; until `one_time_until` its password is for one use."""

    person: str
    password: bool
    one_time_until: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    locked_by: str | None = None
    locked_at: AwareDatetime | None = None
    waits_until: AwareDatetime | None = None


class PasswordGiven(BaseModel):
    """A password for one use, shown once."""

    person: str
    password: str = Field(repr=False)
    expires_at: AwareDatetime


class TokenForm(BaseModel):
    """A token to issue: for whom, what for, with which of their roles, and for how many days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    principal: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN_DAYS)] = 90


class TokensAsked(BaseModel):
    """Whose tokens are listed, and of which kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    principal: str | None = None
    kind: Literal["session", "api"] | None = None


class TokenShown(BaseModel):
    """A token without what it opens with; `id` names it. Without `roles` it has all of them."""

    id: str
    principal: str
    kind: Literal["session", "api"]
    name: str
    roles: list[Role] | None
    issued_by: str
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    revoked_by: str | None = None
    opens: bool


class NewToken(BaseModel):
    """A token, shown once; only its hash is kept."""

    id: str
    token: str = Field(repr=False)
    principal: str
    roles: list[Role]
    expires_at: AwareDatetime


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
