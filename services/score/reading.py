"""A period as it is to be read, and what is read of it: its board, its lines, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from services.adapters.breathing import breathing
from services.contracts.period import Period
from services.contracts.verdict import Verdict
from services.errors import NotFound
from services.score import views
from services.score.board import REGION, Context, Line, Scoring
from services.score.facts import UnitFacts
from services.score.months import Month
from services.score.recipes import chosen
from services.score.views import Sees, View


def everyone(_: str) -> bool:
    """Sees every unit."""
    return True


def seen(page: View, sees: Sees) -> View:
    """The page with those of its units that `sees` allows, and what a revision changed at them."""

    def ours(kind: str) -> list[View]:
        return [each for each in page[kind] if each["unit"] == REGION or sees(each["unit"])]

    return {**page, **{kind: ours(kind) for kind in ("units", "differences") if kind in page}}


@dataclass(frozen=True)
class Reading:
    """A period as it is to be read: live, or from the snapshot in force."""

    period: Period
    month: Month
    context: Context
    facts: dict[str, UnitFacts]

    def scoring(self, index: str) -> Scoring:
        """The scoring by one index."""
        if index not in self._scorings:
            recipes = {recipe.id: recipe for recipe in self.context.recipes}
            recipe = chosen(recipes, index)
            self._scorings[index] = Scoring(self.context, recipe, self.facts, breathing)
        return self._scorings[index]

    @cached_property
    def _boards(self) -> dict[str, View]:
        return {}

    @cached_property
    def _scorings(self) -> dict[str, Scoring]:
        return {}

    @property
    def undecided(self) -> int:
        """How many cases are neither done nor overdue."""
        cases = (case for unit in self.facts.values() for case in unit.cases)
        return sum(case.verdict is Verdict.PENDING for case in cases)

    def head(self) -> View:
        """Which period, how far it has come, and under what."""
        return views.head(self.period, self.month, self.context)

    def board(self, index: str) -> View:
        """Every line of the board, made once."""
        if index not in self._boards:
            self._boards[index] = views.board(self.scoring(index), self.period, everyone)
        return self._boards[index]

    def page(self, index: str, sees: Sees) -> View:
        """The board with its head."""
        return seen({**self.head(), **self.board(index)}, sees)

    def line(self, index: str, unit: str) -> tuple[Line, int | None]:
        """The line of a unit, or of the region, and its place. Raises NotFound."""
        if unit != REGION and unit not in self.context.directory.unit:
            raise NotFound
        scoring = self.scoring(index)
        line = next((each for each in scoring.lines if each.unit == unit), None) or scoring.region
        return line, scoring.places.get(unit)
