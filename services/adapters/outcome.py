"""The three outcomes of a message: done, later (also when handling it failed), never."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """Its effects are in place; also said when they already were."""


@dataclass(frozen=True)
class Later:
    """It cannot be handled yet, as an append before its first rating; try again after a while."""

    reason: str


@dataclass(frozen=True)
class Failed(Later):
    """Later, because the handler raised: nobody has said that it has to wait."""


@dataclass(frozen=True)
class Never:
    """It will never be handled; a person has to look at it."""

    reason: str


Outcome = Done | Later | Never
