"""Rules are data: the shape of `config/rules/*.yaml`. Each block names the source of its values."""

import hashlib
import json
from datetime import date, timedelta
from functools import cached_property

from pydantic import Field

from services.contracts.caserules import Cases, Deadlines, Ladder
from services.contracts.terms import Block, Region, Term
from services.contracts.value import Value
from services.contracts.vocabulary import Channel, Level


class Levels(Block):
    """Points out of ten by level, and which levels are bad (差评)."""

    points: dict[Level, int]
    bad: frozenset[Level]


class Tag(Value):
    """A label of the tag dictionary; it belongs to one level. Retired ones are still understood."""

    level: Level
    label: str
    retired: bool = False


class ChannelRule(Value):
    """How a channel counts; a channel with a parent is part of it and never added twice."""

    label: str
    in_total: bool = True
    in_levels: bool = True
    opens_cases: bool = True
    parent: Channel | None = None


class Channels(Block):
    """The channels of the region by national code."""

    by_code: dict[Channel, ChannelRule]


class Rating(Block):
    """How long one may rate, how often one may append, and what silence would count as.

    A receipt shows what became of a rating for `receipt_days` after the press. `errands_reported`:
    the systems of the place report every errand, so a rating about an unreported one is marked.
    """

    time_to_rate: Term
    errands_reported: bool = False
    appends: int = 1
    default_level: Level | None = None
    default_counts: bool = False
    clock_tolerance_s: int = 300
    receipt_days: int = 365

    @cached_property
    def clock_tolerance(self) -> timedelta:
        """By so much a clock may be off, and a press in the future, without anybody asking why."""
        return timedelta(seconds=self.clock_tolerance_s)


class Burst(Value):
    """So many presses within so many seconds."""

    presses: int = Field(ge=2)
    within_s: int = Field(ge=1)


class Marks(Block):
    """What makes a press suspect: it follows another too soon, is one of many, or comes at night.

    `after_hours_min`: so long after the device's hall has closed those still inside are served.
    """

    repeated_within_s: int = Field(ge=1)
    burst: Burst
    after_hours_min: int = Field(0, ge=0)


class Scoring(Block):
    """The smallest sample that is ranked, and how long a late press may still revise a month.

    From `closes_on_day` of the next month on, a month closes by itself once everything is clear.
    """

    min_sample: int
    revision_horizon_months: int
    closes_on_day: int | None = Field(default=None, ge=1, le=28)


class Watch(Block):
    """What makes a channel or a device suspiciously quiet.

    A channel stands still when its own pace in the same hours of the last `weeks` weeks makes at
    least `expected` ratings likely since its last one (with ten, chance does that once in 22,000).
    One with `never_bad_in` ratings in four weeks and not a single bad one is told. A device is
    silent after `silent_min` minutes of opening time; its outbox grows when it was longer in each
    of the last `heartbeats`.
    """

    weeks: int = Field(3, ge=1, le=3)
    expected: int = Field(10, ge=1)
    never_bad_in: int = Field(500, ge=1)
    silent_min: int = Field(60, ge=1)
    heartbeats: int = Field(4, ge=2, le=10)


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)


class Rules(Value):
    """One rule set in force from a day on; its version is printed on every report."""

    id: str
    version: int
    in_force_from: date
    region: Region
    levels: Levels
    tags: dict[str, Tag]
    channels: Channels
    rating: Rating
    marks: Marks | None = None
    cases: Cases
    deadlines: Deadlines
    ladder: Ladder
    scoring: Scoring
    watch: Watch = Watch(source="ours")

    @property
    def label(self) -> str:
        """How the version is printed, such as `gansu-weiyuan v1`."""
        return f"{self.id} v{self.version}"

    @cached_property
    def clockwork(self) -> str:
        """What due times follow from, as a digest: it tells a changed rule from one that is not."""
        blocks = (self.region, self.deadlines, self.ladder)
        values = [block.model_dump(mode="python", exclude={"source"}) for block in blocks]
        text = json.dumps(values, sort_keys=True, default=_plain)
        return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()

    def is_bad(self, level: Level) -> bool:
        """Whether a rating of this level is a 差评."""
        return level in self.levels.bad
