"""What stands beside every good rate, so that it cannot be read for more than it says. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Any

from services.contracts.printing import HIGHER_RATE, LOWER_RATE
from services.contracts.vocabulary import Channel, Level, Standing, Turn
from services.score.facts import Facts
from services.score.tally import combined

View = dict[str, Any]
CONFIDENCE = 0.95
SURE = Fraction(1, 100)
"""How unlikely a silence must be before it is a signal."""
FAR = 2
"""Ratings that are over so many times the errands served, or under one part of it."""


def beside(facts: Facts) -> View:
    """Unrated, default, marked and invalidated; the good rate raw, official and without marks."""
    errands = facts.did.errands
    official, unmarked = facts.levels, facts.levels - _marked(facts)
    return {
        "unrated": errands.due - errands.rated,
        "default": facts.levels.total() - facts.active.total(),
        "marked": _marked(facts).total(),
        "invalidated": _invalid(facts).total(),
        "good_rate": {
            "raw": _share(facts, facts.active + _invalid(facts)),
            "official": _share(facts, official),
            "without_marked": _share(facts, unmarked),
        },
        "interval": interval(facts.good(official), official.total()),
        "signals": list(signals(facts)),
    }


def _marked(facts: Facts) -> Counter[Level]:
    rules = facts.rules.channels.by_code
    return combined(
        {mark.level: count}
        for mark, count in facts.did.marks.items()
        if mark.reason is None and rules[mark.channel].in_levels
    )


def _invalid(facts: Facts) -> Counter[Level]:
    rules = facts.rules.channels.by_code
    return combined(
        {cell.level: count}
        for cell, count in facts.did.cells.items()
        if cell.standing is Standing.INVALID
        and cell.turn is Turn.FIRST
        and rules[cell.channel].in_levels
    )


def _share(facts: Facts, levels: Mapping[Level, int]) -> View | None:
    total = sum(levels.values())
    if not total:
        return None
    good = facts.good(levels)
    return {
        "numerator": good,
        "denominator": total,
        "printed": HIGHER_RATE.text(Fraction(good, total)),
    }


def wilson(good: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209).

    Unlike the usual one it never leaves 0 to 1, and 5 of 5 does not become certainty.
    Raises ZeroDivisionError when nothing was counted.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = good / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / total + spread / total / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def interval(good: int, total: int) -> View | None:
    """Where the good rate lies, for all that this many ratings can tell.

    Printed with the digits of the rate, and outwards, so that it always holds the printed rate.
    """
    if not total:
        return None
    low, high = wilson(good, total)
    printed = f"{HIGHER_RATE.text(Fraction(low))} – {LOWER_RATE.text(Fraction(high))}"
    return {"confidence": CONFIDENCE, "low": low, "high": high, "of": total, "printed": printed}


def signals(facts: Facts) -> Iterator[View]:
    """Reasons to look closer; none of them changes an official number."""
    yield from _by_mark(facts)
    yield from _far_from_errands(facts)
    yield from _silent_channels(facts)


def _signal(code: str, count: int, look: str, part: int = 0, of: int = 0) -> View:
    """`part` and `of` are the two numbers that are compared."""
    return {"signal": code, "count": count, "look": look, "part": part, "of": of}


def _by_mark(facts: Facts) -> Iterator[View]:
    reasons = combined(
        {mark.reason: count} for mark, count in facts.did.marks.items() if mark.reason
    )
    for reason, count in sorted(reasons.items(), key=lambda each: (-each[1], str(each[0]))):
        yield _signal(f"marked:{reason}", count, "at the devices and windows")


def _far_from_errands(facts: Facts) -> Iterator[View]:
    """Stages may be rated apart, but errands are reported by stage too: about one to one."""
    served, rated = facts.did.errands.reported, facts.active.total()
    least = facts.rules.scoring.min_sample
    if served >= least and rated > FAR * served:
        look = f"{rated} ratings on {served} errands served: more ratings than people"
        yield _signal("more_ratings_than_errands", rated - served, look, rated, served)
    if served >= least and rated * FAR < served:
        look = f"{rated} ratings on {served} errands served: many were not asked"
        yield _signal("few_ratings_for_errands", served - rated, look, rated, served)


def _silent_channels(facts: Facts) -> Iterator[View]:
    """A channel with no bad rating, though at the unit's own rate there should be some.

    冀时办 took only three stars and more for a year and a half, and nobody saw it in the numbers.
    """
    by_channel: dict[Channel, Counter[Level]] = {}
    for cell, count in facts.did.cells.items():
        if cell.counts:
            by_channel.setdefault(cell.channel, Counter())[cell.level] += count
    levels = combined(by_channel.values())
    bad, total = levels.total() - facts.good(levels), levels.total()
    for channel, own in sorted(by_channel.items()):
        if facts.good(own) == own.total() and bad and _unlikely(bad, total, own.total()):
            look = f"{own.total()} ratings and none bad; at this unit's rate {bad} of {total} are"
            yield _signal(f"never_bad:{channel}", own.total(), look, bad, total)


def _unlikely(bad: int, total: int, tried: int) -> bool:
    return (1 - bad / total) ** tried < SURE
