"""The thinking of the watch: a channel or a device that is too quiet, and one too good to be true.

A real platform took three stars and more only, and its counts stood still for a year and a half
before anybody noticed; so what is missing is told like anything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel
from services.store.forms import ChannelFigures, Finding, Watched
from services.store.pace import DAYS, Count, Pace, paces
from services.store.silence import Sight, of_devices


def watch(counts: Iterable[Count], sights: Sequence[Sight], now: datetime, rules: Rules) -> Watched:
    """Everything that is too quiet now."""
    known = paces(counts, rules)
    return Watched(
        at=now,
        rules=rules.label,
        findings=[*_of_channels(known, now, rules), *of_devices(sights, now, rules)],
        channels=[_figures(channel, pace, now, rules) for channel, pace in known.items()],
        devices_heard=sum(sight.heard is not None for sight in sights),
        devices_expected=len(sights),
    )


def _figures(channel: Channel, pace: Pace, now: datetime, rules: Rules) -> ChannelFigures:
    today = now.astimezone(rules.region.zone).date()
    return ChannelFigures(
        channel=channel,
        last=pace.last,
        today=sum(count for (day, _), count in pace.slots.items() if day == today),
        ratings=pace.ratings,
        bad=pace.bad,
        expected=round(float(pace.expected(now, rules)), 1),
    )


def _of_channels(known: Mapping[Channel, Pace], now: datetime, rules: Rules) -> Iterator[Finding]:
    if not any(pace.ratings for pace in known.values()):
        yield Finding(
            kind="no_ratings",
            subject="all channels",
            detail=f"not one rating in {DAYS} days",
            do="if this installation is in use, run `haoping selftest`",
        )
        return
    for channel, pace in known.items():
        if not pace.ratings:
            yield _unused(channel)
        elif (expected := pace.expected(now, rules)) >= rules.watch.expected:
            yield _still(channel, pace, expected, rules)
        if pace.ratings >= rules.watch.never_bad_in and not pace.bad:
            yield _never_bad(channel, known)


def _unused(channel: Channel) -> Finding:
    return Finding(
        kind="channel_unused",
        subject=channel,
        detail=f"not one rating in {DAYS} days, while others come through other channels",
        do=f"run `haoping selftest --channel {channel}`, or take it out of the rules if it is shut",
    )


def _still(channel: Channel, pace: Pace, expected: Fraction, rules: Rules) -> Finding:
    last = pace.last.astimezone(rules.region.zone) if pace.last else None
    return Finding(
        kind="channel_still",
        subject=channel,
        detail=(
            f"no rating since {last:%Y-%m-%d %H:%M}; in the same hours of the {rules.watch.weeks} "
            f"weeks before there were {float(expected):.1f} a week"
        ),
        do=f"run `haoping selftest --channel {channel}`; ask who runs the channel",
    )


def _never_bad(channel: Channel, known: Mapping[Channel, Pace]) -> Finding:
    count = known[channel].ratings
    others = [pace for other, pace in known.items() if other is not channel]
    bad, rest = sum(pace.bad for pace in others), sum(pace.ratings for pace in others)
    return Finding(
        kind="never_bad",
        subject=channel,
        detail=(
            f"not one bad rating among {count} in {DAYS} days, so with 95 % certainty fewer than "
            f"{300 / count:.2f} % are bad; {_elsewhere(count, bad, rest)}"
        ),
        do=f"press 1 and 2 yourself, and run `haoping selftest --channel {channel}`",
    )


def _elsewhere(count: int, bad: int, rest: int) -> str:
    """How likely `count` ratings without a bad one would be at the rate of other channels.

    The bound beside it is the rule of three: none in n, so under 3/n (Hanley, Lippman-Hand 1983).
    """
    if not rest:
        return "there is no other channel to compare with"
    rate = Fraction(bad, rest)
    return (
        f"through other channels {bad} of {rest} are, at which rate {float(rate * count):.1f} were "
        f"to be expected here and none at all had a chance of {float(1 - rate) ** count:.2g}"
    )
