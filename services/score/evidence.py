"""The single ratings, errands and cases that a figure is counted from, as of a cut-off. Pure.

Each is measured alone by the very indicator, so that what is listed can only be what is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from services.contracts.time_to_rate import TimeToRateEnds
from services.contracts.verdict import CaseAtCutOff, Verdict
from services.contracts.vocabulary import Standing, Turn
from services.score.errands import Errands, at_cut_off, served
from services.score.facts import Facts, UnitFacts
from services.score.measure import Indicator
from services.score.tally import Bucket, Cell

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One thing behind a figure: what it adds above and below the line, or why it is left out."""

    id: str
    kind: str
    numerator: int
    denominator: int
    left_out: str | None = None

    def plain(self) -> dict[str, Any]:
        """What the API shows."""
        return dict(vars(self))


@dataclass(frozen=True)
class Lens:
    """An indicator looking at one thing at a time; `facts` are those of `units` together.

    What was received after `horizon` is not scored; None while that is not over.
    """

    indicator: Indicator
    facts: Facts
    units: frozenset[str]
    ends: TimeToRateEnds
    cut_off: datetime
    horizon: datetime | None = None

    def ratings(self, documents: Iterable[Document]) -> Iterator[Entry]:
        """Ratings that stood at the cut-off, each as it counts."""
        return (self._rating(rating) for rating in documents if self.stood_here(rating))

    def knew(self, rating: Document) -> bool:
        """Whether the rating was stored by the cut-off, and received by the horizon."""
        in_time = self.horizon is None or rating.get("received_at", self.horizon) <= self.horizon
        return bool(in_time and rating.get("stored_at", self.cut_off) <= self.cut_off)

    def stood_here(self, rating: Document) -> bool:
        """Whether the rating was known, and belonged to one of the units at the cut-off."""
        return self.knew(rating) and as_linked(rating, self.cut_off)["unit"] in self.units

    def _rating(self, rating: Document) -> Entry:
        bucket = bucket_of([rating], self.cut_off)
        alone = UnitFacts(bucket.cells, bucket.topics, marks=bucket.marks)
        cell = next(iter(bucket.cells))
        return self._entry(rating["_id"], "rating", alone, _why_out(cell))

    def errands(self, documents: Iterable[Document], rated: Collection[str]) -> Iterator[Entry]:
        """Errands that were known at the cut-off, each as it counts."""
        for errand in documents:
            if self._known(errand):
                alone = self.reached([errand], rated, date.fromisoformat(errand["day"]))
                why = None if alone.due else "may still be rated at cut-off"
                yield self._entry(errand["_id"], "errand", UnitFacts(errands=alone), why)

    def reached(self, documents: Iterable[Document], rated: Collection[str], day: date) -> Errands:
        """Errands of a day together, of those that were known at the cut-off."""
        known = served(filter(self._known, documents), rated)
        return at_cut_off(known, day, self.ends, self.cut_off)

    def _known(self, errand: Document) -> bool:
        return bool(errand.get("stored_at", self.cut_off) <= self.cut_off)

    def cases(self, cases: Iterable[CaseAtCutOff]) -> Iterator[Entry]:
        """Cases as they stood at the cut-off."""
        for case in cases:
            why = case.verdict.value if case.verdict in OUT else "not due under this figure"
            yield self._entry(case.id, "case", UnitFacts(cases=(case,)), why)

    def _entry(self, id: str, kind: str, alone: UnitFacts, why: str | None) -> Entry:
        facts = Facts(
            alone,
            self.facts.rules,
            self.facts.offered,
            self.facts.hall_of,
            self.facts.unit,
            self.facts.departments,
            self.facts.rated_departments,
        )
        above, below = self.indicator.numerator(facts), self.indicator.denominator(facts)
        return Entry(id, kind, above, below, None if below else why or "outside this figure")


OUT = frozenset({Verdict.PENDING, Verdict.INVALIDATED})


def as_linked(rating: Document, cut_off: datetime) -> Document:
    """The rating with the unit and item that it had before an errand joined or left it later."""
    later = [each for each in rating.get("links") or () if each["at"] > cut_off]
    return {**rating, **later[0]["before"]} if later else rating


def standing_at(rating: Document, cut_off: datetime) -> Standing:
    """Whether the rating counted at `cut_off`: decisions that came later had not been made."""
    decisions = rating.get("decisions") or ()
    made = [each["standing"] for each in decisions if each["at"] <= cut_off]
    if made:
        return Standing(made[-1])
    return Standing.VALID if decisions else Standing(rating["standing"])


def bucket_of(ratings: Iterable[Document], cut_off: datetime) -> Bucket:
    """All cubes of these ratings alone, as they counted at `cut_off`."""
    bucket = Bucket("", "")
    for rating in (as_linked(each, cut_off) for each in ratings):
        codes = [rating[name] for name in ("channel", "stage", "turn", "level")]
        cell = Cell.of(rating.get("window"), *codes, standing_at(rating, cut_off))
        tags, marks = rating.get("tags") or (), rating.get("marks") or ()
        bucket.add(cell, rating.get("item"), tags, 1, marks)
    return bucket


def rederived(facts: Facts, ratings: Iterable[Document], cut_off: datetime) -> Facts:
    """The facts with everything about ratings counted anew from these documents alone."""
    bucket = bucket_of(ratings, cut_off)
    did = replace(facts.did, cells=bucket.cells, topics=bucket.topics, marks=bucket.marks)
    return replace(facts, did=did)


def with_errands(facts: Facts, errands: Iterable[Errands]) -> Facts:
    """The facts with these errands, and no others."""
    return replace(facts, did=replace(facts.did, errands=sum(errands, Errands())))


def _why_out(cell: Cell) -> str:
    if cell.standing is Standing.INVALID:
        return "invalid: two people decided that it does not count"
    if cell.turn is Turn.APPEND:
        return "append (追评): it never changes a rate"
    return f"the rules leave {cell.channel} out of this figure"
