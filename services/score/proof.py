"""What a figure was counted from, page by page, and whether that alone gives the same digit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from services.adapters.mongo import Document
from services.errors import NotFound
from services.score import views
from services.score.board import REGION
from services.score.errands import Errands, rated_errands, rating_keys
from services.score.evidence import Entry, Lens, rederived, with_errands
from services.score.facts import Facts
from services.score.indicators import INDICATORS
from services.score.measure import Behind, Measured, measure
from services.score.paging import Place, page
from services.score.reading import Reading
from services.score.records import NotACursor
from services.score.scorer import Scorer
from services.score.views import View

PAGE = 500


class NoSuchFigure(NotFound):
    """There is no indicator of this name; `explain` without a figure lists them."""


@dataclass(frozen=True)
class Proof:
    """A figure of a unit, taken apart."""

    scorer: Scorer
    key: str
    unit: str
    index: str
    figure: str

    def page(self, cursor: str | None) -> View:
        """The figure and what is behind it, so much at a time; `next` leads on."""
        if self.figure not in INDICATORS:
            raise NoSuchFigure(f"There is no figure '{self.figure}'; see the definitions")
        reading = self.scorer.read(self.scorer.month_of(self.key), self.index)
        lens = self._lens(reading)
        entries, after = self._entries(reading, lens, cursor)
        return {
            **reading.head(),
            "unit": self.unit,
            "figure": views.measured_view(self._measured(reading, lens, lens.facts)),
            "definition": views.definitions()[self.figure],
            "entries": [entry.plain() for entry in entries if entry.left_out is None],
            "left_out": [entry.plain() for entry in entries if entry.left_out is not None],
            "imports": [row.plain() for row in self._imports(lens)],
            "next": after,
        }

    def _lens(self, reading: Reading) -> Lens:
        line, _ = reading.line(self.index, self.unit)
        directory, context = reading.context.directory, reading.context
        below = directory.subtree(self.unit) if self.unit != REGION else directory.unit.keys()
        units = frozenset(below) | (reading.facts.keys() if self.unit == REGION else frozenset())
        until = (self.scorer.ends, context.cut_off, context.horizon)
        return Lens(INDICATORS[self.figure], line.facts, units, *until)

    def _measured(self, reading: Reading, lens: Lens, facts: Facts) -> Measured:
        """As the index does, which may ask for a sample of its own."""
        return measure(lens.indicator, facts, reading.scoring(self.index).recipe.min_sample)

    def _imports(self, lens: Lens) -> list[Any]:
        return [row for row in lens.facts.did.imports if row.figure == self.figure]

    def _entries(
        self, reading: Reading, lens: Lens, cursor: str | None
    ) -> tuple[list[Entry], str | None]:
        behind = lens.indicator.behind
        if behind is Behind.CASES:
            return list(lens.cases(lens.facts.did.cases)), None
        if behind is Behind.IMPORTS:
            return [], None
        begins = self._place(behind, cursor) if cursor else None
        find = self._finding(reading, behind)

        def ask(place: Place, most: int) -> list[Document]:
            return list(find(place.day, lens.units, place.after, most))

        documents, following = page(reading.period.days, begins, ask, PAGE)
        after = self._cursor(behind, following) if following else None
        return list(self._counted(lens, documents)), after

    def _place(self, behind: Behind, cursor: str) -> Place:
        """Where a cursor leads. Raises NotACursor."""
        place = Place.read(cursor)
        if behind is Behind.ERRANDS or not place.after:
            return place
        if (key := self.scorer.happenings.rating_key(place.after)) is None:
            raise NotACursor
        return replace(place, after=key)

    def _cursor(self, behind: Behind, place: Place) -> str:
        """How a place is told: of a rating its id, for its key names the errand."""
        if behind is Behind.ERRANDS or not place.after:
            return f"{place}"
        return f"{replace(place, after=self.scorer.happenings.rating_id(place.after))}"

    def _finding(self, reading: Reading, behind: Behind) -> Callable[..., Iterator[Document]]:
        """Ratings may have left a unit since a closing; nothing has left what is looked at now."""
        if behind is Behind.ERRANDS:
            return self.scorer.happenings.errands
        return partial(self.scorer.happenings.ratings, left=reading.month.in_force is not None)

    def _counted(self, lens: Lens, documents: Sequence[Document]) -> Iterator[Entry]:
        if lens.indicator.behind is Behind.RATINGS:
            return lens.ratings(documents)
        return lens.errands(documents, self._rated(lens, documents))

    def _rated(self, lens: Lens, errands: Sequence[Document]) -> set[str]:
        """Those of these errands that were rated by the cut-off."""
        found = self.scorer.happenings.rated_under(rating_keys(errands))
        known = {key: rating for key, rating in found.items() if lens.knew(rating)}
        return rated_errands(errands, known)

    def again(self) -> View:
        """The figure counted once more from what stood behind it at cut-off, and only that."""
        reading = self.scorer.read(self.scorer.month_of(self.key), self.index)
        lens = self._lens(reading)
        facts = self._rederived(reading, lens)
        once, again = (self._measured(reading, lens, each) for each in (lens.facts, facts))
        same = (once.numerator, once.denominator) == (again.numerator, again.denominator)
        told = {"figure": views.measured_view(once), "again": views.measured_view(again)}
        return {**reading.head(), "unit": self.unit, **told, "agrees": same}

    def _rederived(self, reading: Reading, lens: Lens) -> Facts:
        """The facts with what is behind the figure counted anew; cases and imports are kept."""
        if lens.indicator.behind is Behind.ERRANDS:
            errands = (self._reached(lens, day) for day in reading.period.days)
            return with_errands(lens.facts, errands)
        if lens.indicator.behind is not Behind.RATINGS:
            return lens.facts
        find = self._finding(reading, Behind.RATINGS)
        documents = (
            rating
            for day in reading.period.days
            for rating in find(day, lens.units)
            if lens.stood_here(rating)
        )
        return rederived(lens.facts, documents, lens.cut_off)

    def _reached(self, lens: Lens, day: date) -> Errands:
        errands = list(self.scorer.happenings.errands(day, lens.units))
        return lens.reached(errands, self._rated(lens, errands), day)
