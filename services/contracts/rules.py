"""Rules are data: the shape of `config/rules/*.yaml`. Each block names the source of its values."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.actor import Role
from services.contracts.vocabulary import Channel, Level


class Block(BaseModel):
    """A part of the rules, with the document or the reason that its values come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str


class Levels(Block):
    """Points out of ten by level, and which levels are bad (差评)."""

    points: dict[Level, int]
    bad: frozenset[Level]


class Tag(BaseModel):
    """A label of the tag dictionary; it belongs to one level. Retired ones are still understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    level: Level
    label: str
    retired: bool = False


class ChannelRule(BaseModel):
    """How a channel counts; a channel with a parent is part of it and never added twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    label: str
    in_total: bool = True
    in_levels: bool = True
    opens_cases: bool = True
    parent: Channel | None = None


class Channels(Block):
    """The channels of the region by national code."""

    by_code: dict[Channel, ChannelRule]


class DayCount(StrEnum):
    """What a deadline counts: every day, or days on which offices work (with 调休)."""

    NATURAL = "natural_days"
    WORKING = "working_days"


class Term(BaseModel):
    """So many days; the day of the start event is not counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: int = Field(ge=0)
    unit: DayCount


class Rating(Block):
    """How long one may rate, how often one may append, and what silence would count as."""

    time_to_rate: Term
    appends: int = 1
    default_level: Level | None = None
    default_counts: bool = False
    clock_tolerance_s: int = 300


class Deadlines(Block):
    """The clocks of a case: contact and rectify by class; `rectify_from` is their start event."""

    contact: Term
    rectify: dict[Literal["ordinary", "complex"], Term]
    rectify_from: Literal["dispatch", "verified"] = "dispatch"
    appeal_review: Term
    extension: Term
    pause_cap_days: int
    callback_attempts: int


class Rung(BaseModel):
    """A step of the escalation ladder: so many working days before (<0) or after the due day."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    working_days: int
    tells: Role


class Ladder(Block):
    """Who is told, and when, as a case nears and passes its due time; in order of time."""

    rungs: tuple[Rung, ...]


class Cases(Block):
    """Which bad ratings open a case."""

    opens_when: Literal["always", "linked", "has_text"]


class Scoring(Block):
    """The smallest sample that is ranked, and how long a late press may still revise a month."""

    min_sample: int
    revision_horizon_months: int


class Region(Block):
    """Where these rules hold: name, time zone, the close of business, and local day overrides."""

    name: str
    timezone: str = "Asia/Shanghai"
    closes: str = "17:00"
    extra_workdays: frozenset[date] = frozenset()
    extra_rest_days: frozenset[date] = frozenset()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The region's time zone."""
        return ZoneInfo(self.timezone)


class Rules(BaseModel):
    """One rule set in force from a day on; its version is printed on every report."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    version: int
    in_force_from: date
    region: Region
    levels: Levels
    tags: dict[str, Tag]
    channels: Channels
    rating: Rating
    cases: Cases
    deadlines: Deadlines
    ladder: Ladder
    scoring: Scoring

    @property
    def label(self) -> str:
        """How the version is printed, such as `gansu-weiyuan v1`."""
        return f"{self.id} v{self.version}"

    def is_bad(self, level: Level) -> bool:
        """Whether a rating of this level is a 差评."""
        return level in self.levels.bad
