"""What the public is told of a unit: rates, and never how many ratings there were. Pure.

One count beside a unit's rates, or beside a score of two digits, gives all its other counts away,
and by the rates of the unit above also those of its neighbours. So no count is told of anybody:
a unit reads the same as if five times as many had rated it alike, when no level that was chosen
has fewer than five. Too few ratings to be measured, and nothing is told but the name.

What a term deducts for late cases stays told: it counts what an office owed, not who rated it. So
no rate of cases is told that falls short of 100 %: beside the number of late cases it gives that of
all cases away, which is about that of bad ratings, and by the bad rate every other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from services.contracts.printing import POINTS, SHARE
from services.contracts.rectification import CASE_RATES
from services.score.adding import beyond_parts
from services.score.measure import State

SMALLEST = 5
WITHHELD = "withheld"
LEAST_SHARE = Fraction(1, 10_000)
"""A share that is not nothing is never printed as nothing."""
MEASURED_BY = ("good_rate", "active_good_rate")
CASES = frozenset(rate.key for rate in CASE_RATES)
Line = Mapping[str, Any]


class Sample(StrEnum):
    """Whether enough people rated a unit for its rates to be told."""

    ENOUGH = "enough"
    SMALL = "small_sample"
    FEW = "fewer_than_five"


class Rate(BaseModel):
    """An indicator as it is printed; without, `state` says why: nothing due, withheld …"""

    printed: str | None
    state: str


class Points(BaseModel):
    """What a term of the index earned of its weight in effect."""

    indicator: str
    name: str
    item: str | None
    points: str
    weight: str


class PublicLine(BaseModel):
    """A unit as anybody may see it; only its name unless its sample is enough.

    `beyond` is what the printed points lack of the printed score, by rounding and by a cap.
    """

    unit: str
    name: str
    peers: str | None
    sample: Sample
    rank: int | None = None
    score: str | None = None
    levels: dict[str, str] = {}
    terms: list[Points] = []
    beyond: str | None = None
    rates: dict[str, Rate] = {}


def public_line(line: Line) -> PublicLine:
    """A published line without anything from which a small count could be worked out."""
    sample = sample_of(line)
    named = {name: line[name] for name in ("unit", "name", "peers")}
    if sample is not Sample.ENOUGH:
        return PublicLine(**named, sample=sample)
    return PublicLine(
        **named,
        sample=sample,
        rank=line["rank"],
        score=line["score"]["printed"] if line["score"] else None,
        levels=shares(line["counts"]["levels"]),
        terms=[_points(term) for term in line["terms"]],
        beyond=str(beyond_parts(line)) if line["score"] else None,
        rates=dict(_rates(line)),
    )


def sample_of(line: Line) -> Sample:
    """Enough means five people who rated, and as many as the rules ask for; silence is nobody."""
    if line["counts"]["ratings"]["in_levels"] - line["beside"]["default"] < SMALLEST:
        return Sample.FEW
    states = {each["key"]: each["state"] for each in line["indicators"]}
    measured = all(states[key] == State.MEASURED for key in MEASURED_BY)
    return Sample.ENOUGH if measured else Sample.SMALL


def shares(levels: Mapping[str, int]) -> dict[str, str]:
    """Each level's share of the whole."""
    total = sum(levels.values())
    return {
        level: SHARE.text(max(Fraction(count, total), LEAST_SHARE) if count else Fraction(0))
        for level, count in levels.items()
    }


def _points(term: Mapping[str, Any]) -> Points:
    return Points(
        indicator=term["indicator"],
        name=term["name"],
        item=term["item"],
        points=term["points"]["printed"],
        weight=POINTS.text(Fraction(term["effective_weight"])),
    )


def _rates(line: Line) -> Iterator[tuple[str, Rate]]:
    withheld = falling_short(line["indicators"])
    scored = {term["indicator"] for term in line["terms"]}
    for each in line["indicators"]:
        key, state = each["key"], each["state"]
        if state == State.NOT_IMPORTED and key not in scored:
            continue
        printed = each["printed"] if state == State.MEASURED and key not in withheld else None
        yield key, Rate(printed=printed, state=WITHHELD if key in withheld else state)


def falling_short(indicators: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The rates of cases to withhold, however many cases there were: all that are not 100 %.

    How many fell short can be read from the points; a rate beside that tells how many did not.
    """
    return frozenset(
        each["key"]
        for each in indicators
        if each["key"] in CASES
        and each["state"] == State.MEASURED
        and each["numerator"] != each["denominator"]
    )
