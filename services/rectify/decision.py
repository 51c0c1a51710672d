"""Where a case is decided: in an office, before somebody; and what the decision comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.contracts.actor import Actor
from services.contracts.calendar import Calendar, calendar_of
from services.contracts.directory import Directory
from services.contracts.message import Message
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseState, Invalidity, Level
from services.rectify.attachment import Attachment
from services.rectify.facts import Case, Command


@dataclass(frozen=True)
class Office:
    """The circumstances of a decision: the rules, who is registered, and the time."""

    rules: Rules
    directory: Directory
    now: datetime

    @property
    def calendar(self) -> Calendar:
        """The region's working days."""
        return calendar_of(self.rules.region)


@dataclass(frozen=True)
class Scene:
    """Somebody stands before a case.

    `append` is the level of an append that has just come in, `file` what has just been uploaded,
    `revealing` whether the rater's own data are about to be shown,
    `invalidity` why the store has marked the rating, and `unit` the one that the rating turned out
    to be about: none of it can be said in a command.
    """

    case: Case
    actor: Actor
    office: Office
    append: Level | None = field(default=None, kw_only=True)
    file: Attachment | None = field(default=None, kw_only=True)
    invalidity: Invalidity | None = field(default=None, kw_only=True)
    unit: str | None = field(default=None, kw_only=True)
    revealing: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Act(Scene):
    """Somebody stands before a case and asks for a move."""

    command: Command


@dataclass(frozen=True)
class Entry:
    """One line of a case's history; `details` are what was said and the changed values."""

    version: int
    at: datetime
    by: str
    move: str
    before: CaseState
    after: CaseState
    details: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """What a decision comes to: the case after it, its history, and what others must be told."""

    case: Case
    entries: tuple[Entry, ...]
    messages: tuple[tuple[int, Message], ...]
