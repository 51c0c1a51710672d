"""What is kept about a device that signs: its epoch, its sealed keys, and a code for the next."""

from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Key(BaseModel):
    """A sealed key; `valid_until` is exclusive, and None says that it has no end yet.

    `request` is the id of the signed request that asked for it, so that a replay gets nothing.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    sealed: bytes = Field(repr=False)
    issued_at: AwareDatetime
    valid_until: AwareDatetime | None = None
    request: str | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it still signs, by the wall clock."""
        return self.valid_until is None or now < self.valid_until


class Step(BaseModel):
    """What somebody did to the key ring; it stays when the key is gone."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    what: str
    by: str
    at: AwareDatetime
    epoch: int


class Ring(BaseModel):
    """The key ring of one device. An epoch is never issued twice."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    device: str
    version: int = 0
    epoch: int = 0
    code_hash: str | None = None
    code_until: AwareDatetime | None = None
    keys: tuple[Key, ...] = ()
    steps: tuple[Step, ...] = ()

    def sealed_keys(self, now: datetime) -> tuple[bytes, ...]:
        """The sealed keys that are valid at `now`."""
        return tuple(key.sealed for key in self.keys if key.valid(now))

    def changed(self, what: str, by: str, now: datetime, **fields: Any) -> Self:
        """The next version, with a step that says what was done."""
        epoch = fields.get("epoch", self.epoch)
        steps = (*self.steps, Step(what=what, by=by, at=now, epoch=epoch))
        return self.model_copy(update={**fields, "steps": steps, "version": self.version + 1})
