"""How long what is personal is kept, and how long a look at it lasts: the shape of the file."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from services.contracts.value import Value

Days = Annotated[int, Field(ge=1, le=36_500)]


class KeepDays(Value):
    """Natural days: after the case was closed, after the press, after the row was last seen."""

    case: Days
    press: Days
    quarantine: Days


class Privacy(Value):
    """The policy of an installation."""

    version: int
    reveal_seconds: Annotated[int, Field(ge=10, le=900)]
    keep_days: KeepDays

    @property
    def lasts(self) -> timedelta:
        """How long one grant to see a rater lasts."""
        return timedelta(seconds=self.reveal_seconds)

    @property
    def label(self) -> str:
        """How the policy is called where something was erased because of it."""
        return f"privacy v{self.version}"
