"""A month published by level and channel, divided by a scale: the presses that it comes to. Pure.

Remainders: levels by largest remainder (Hamilton) to the rounded total; the channels that enter the
levels likewise to the same total, since the published totals of both differ by one; the other
channels each half-up. How levels and channels go together is published nowhere: it is drawn by lot.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from services.console.demo import days
from services.console.demo.presses import Press
from services.console.demo.published import apportioned, levels, published
from services.contracts.vocabulary import Channel, Level

SEED = 202101
NOT_IN_LEVELS = (Channel.PHONE, Channel.TERMINAL, Channel.SMS)


@dataclass(frozen=True)
class Source:
    """Who published months: the name in the data file, the rules, and whose channel is which."""

    place: str
    rules: str
    channels: Mapping[str, Channel]


SOURCES = {
    "guangdong": Source(
        "广东省",
        "guangdong",
        {
            "政务服务网": Channel.PC,
            "粤省事": Channel.MOBILE,
            "粤商通": Channel.MOBILE,
            "政务APP": Channel.MOBILE,
            "实体大厅": Channel.TABLET,
            "一体机": Channel.TERMINAL,
            "短信": Channel.SMS,
            "热线": Channel.PHONE,
        },
    )
}


@dataclass(frozen=True)
class Scaled:
    """A published month divided: ratings in the level statistics, by level and by channel, and
    those of other channels."""

    levels: Mapping[Level, int]
    channels: Mapping[Channel, int]
    others: Mapping[Channel, int]

    @property
    def total(self) -> int:
        """All ratings."""
        return sum(self.levels.values()) + sum(self.others.values())


def own_counts(source: Source, month: str) -> dict[Channel, int]:
    """Ratings by channel, each counted once: without the parts that have a channel of their own."""
    counts = dict.fromkeys(Channel, 0)
    for name, count in published(source.place, month, "channel").items():
        counts[source.channels[name]] += count
    for path, count in published(source.place, month, "part").items():
        whole, part = path.split("/")
        counts[source.channels[whole]] -= count
        counts[source.channels[part]] += count
    return counts


def scaled(source: Source, month: str, scale: int) -> Scaled:
    """The month divided by `scale`."""
    by_level, own = levels(source.place, month), own_counts(source, month)
    total = _half_up(sum(by_level.values()), scale)
    counted = {channel: count for channel, count in own.items() if channel not in NOT_IN_LEVELS}
    others = {channel: _half_up(own[channel], scale) for channel in NOT_IN_LEVELS}
    return Scaled(apportioned(by_level, total), apportioned(counted, total), others)


def presses(wanted: Scaled, month: str, unit: str) -> list[Press]:
    """The presses of the month, the same ones each time."""
    rng = Random(SEED)
    drawn = [level for level, count in wanted.levels.items() for _ in range(count)]
    rng.shuffle(drawn)
    channels = [channel for channel, count in wanted.channels.items() for _ in range(count)]
    silent = [channel for channel, count in wanted.others.items() for _ in range(count)]
    pairs = [*zip(channels, drawn, strict=True)]
    pairs += [(channel, Level.VERY_SATISFIED) for channel in silent]
    return [_press(rng, month, unit, *pair) for pair in pairs]


def next_month(month: str) -> date:
    """The first day after a month."""
    return (date.fromisoformat(f"{month}-01") + timedelta(31)).replace(day=1)


def _press(rng: Random, month: str, unit: str, channel: Channel, level: Level) -> Press:
    first = date.fromisoformat(f"{month}-01")
    in_month = tuple(first + timedelta(n) for n in range((next_month(month) - first).days))
    at = days.online(rng, in_month)
    form = {
        "rating_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "level": int(level),
        "channel": channel.value,
        "unit": unit,
        "pressed_at": at.isoformat(),
    }
    return Press(at, form)


def _half_up(count: int, scale: int) -> int:
    return (2 * count + scale) // (2 * scale)
