"""The reconciliation: what was to be, what was counted again, and what the API tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from services.console.demo import reckon
from services.console.demo.plan import Expected
from services.console.demo.published import PRINTED_GOOD_RATE
from services.console.demo.recount import Recount
from services.contracts.vocabulary import Channel

Value = int | str | None
View = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One figure by up to three paths; None where a path does not know it."""

    name: str
    expected: Value
    recounted: Value
    told: Value

    @property
    def holds(self) -> bool:
        """Whether all that know it agree."""
        known = {each for each in (self.expected, self.recounted, self.told) if each is not None}
        return len(known) == 1

    @property
    def sentence(self) -> str:
        """The figure by name, with the three numbers."""
        ways = {"generator": self.expected, "recount": self.recounted, "API": self.told}
        told = (f"{way} {'—' if value is None else value}" for way, value in ways.items())
        return f"{self.name}: {', '.join(told)}"

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "holds": self.holds}


@dataclass(frozen=True)
class Told:
    """What people are answered: by the edge, by tallies, scores, quarantine and case list."""

    captured: int
    refused: int
    tallies: View
    scores: View
    quarantined: Mapping[str, int]
    closings: Mapping[str, int]

    @property
    def counts(self) -> View:
        """The counts of the whole region."""
        counts: View = self.scores["region"]["counts"]
        return counts


def arrivals(expected: Expected, found: Recount, told: Told) -> Iterator[Check]:
    """Nothing is lost and nothing is there twice."""
    tallies = told.tallies
    yield Check("captured", expected.captured, found.captured, told.captured)
    yield Check("refused at the edge", expected.refused, None, told.refused)
    yield Check("stored", expected.stored, found.stored, tallies["total"])
    yield Check("stored once each", expected.stored, found.rating_ids, None)
    yield Check("duplicates absorbed", expected.duplicates, found.duplicates, None)
    for reason in sorted({*expected.quarantined, *found.quarantined, *told.quarantined}):
        counts = (expected.quarantined, found.quarantined, told.quarantined)
        yield Check(f"quarantined: {reason}", *(each.get(reason, 0) for each in counts))
    for channel in Channel:
        numbers = expected.channels[channel], found.channels[channel]
        yield Check(f"channel {channel}", *numbers, tallies["by_channel"][channel])
    for level in (5, 4, 3, 2, 1):
        numbers = expected.levels[level], found.levels[level]
        yield Check(f"level {level}", *numbers, tallies["by_level"][str(level)])


def quality(expected: Expected, found: Recount, told: Told) -> Iterator[Check]:
    """Bad ratings, invalid ones, cases and errands."""
    counts, region = told.counts, found.region
    yield Check("invalid", expected.invalid, found.invalid, told.tallies["by_standing"]["invalid"])
    low = told.tallies["by_level"]
    yield Check("bad", expected.bad, found.bad, low["2"] + low["1"])
    yield Check("bad and valid", expected.bad_valid, region.bad, counts["ratings"]["bad"])
    for closing in sorted({*expected.closings, *found.closings, *told.closings}):
        sources = (expected.closings, found.closings, told.closings)
        yield Check(f"cases: {closing}", *(each.get(closing, 0) for each in sources))
    for verdict, number in counts["cases"].items():
        yield Check(
            f"at cut-off: {verdict}", expected.verdicts[verdict], region.verdicts[verdict], number
        )
    reported = counts["errands"]["reported"]
    yield Check("errands", expected.errands, found.errands, reported)


def scores(found: Recount, told: Told, book: reckon.Book) -> Iterator[Check]:
    """Every rate of the region, and the index of the region and of every unit."""
    figures = {each["key"]: each for each in told.scores["region"]["indicators"]}
    for key, (numerator, denominator) in reckon.figures(found.region, book).items():
        said = f"{figures[key]['numerator']}/{figures[key]['denominator']}"
        yield Check(f"rate {key}", None, f"{numerator}/{denominator}", said)
    lines = {line["unit"]: line for line in told.scores["units"]}
    region = told.scores["region"]
    ours = reckon.terms_of(found.region, book) or {}
    for term in region["terms"]:
        key = term["indicator"]
        yield Check(f"points for {key}", None, _text(ours.get(key)), term["points"]["exact"])
    yield Check("index", None, _text(reckon.index_of(found.region, book)), _said(region))
    for unit, sums in found.units.items():
        if lines[unit]["peers"]:
            index = _text(reckon.index_of(sums, book))
            yield Check(f"index of {unit}", None, index, _said(lines[unit]))


def published_shares(found: Recount, told: Told, printed: Mapping[Channel, str]) -> Iterator[Check]:
    """The shares as the county printed them; its own rounding is half-up."""
    for channel, share in printed.items():
        ours = reckon.half_up(Fraction(found.channels[channel], found.stored))
        said = told.counts["channels"][channel]["share"]["printed"].removesuffix("%")
        yield Check(f"published share of {channel}", share, ours, said)


def published_good_rate(found: Recount, told: Told) -> Iterator[Check]:
    """The good rate as the county printed it: cut off, bad ratings as they came in."""
    rate = Fraction(found.stored - found.bad, found.stored)
    figures = {each["key"]: each["printed"] for each in told.scores["region"]["indicators"]}
    ours = f"{reckon.cut(rate)}%"
    yield Check("published good rate", PRINTED_GOOD_RATE, ours, figures["good_rate"])


def _text(value: Fraction | None) -> str:
    return "not ranked" if value is None else str(value)


def _said(line: View) -> str:
    return str(line["score"]["exact"]) if line["score"] and line["ranked"] else "not ranked"
