"""The board: every unit's figures and index for a period, ranked among its peers. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.calendar import calendar_of
from services.contracts.directory import Directory, Unit
from services.contracts.printing import POINTS, ranks_within
from services.contracts.rules import Rules
from services.score.facts import Facts, UnitFacts, facts_of
from services.score.index import Recipe, Result, evaluate
from services.score.indicators import measure_all
from services.score.measure import Measured

REGION = "region"
Pace = Callable[[Iterable[Any]], Iterator[Any]]
"""How many units are gone through: at once, or with a breath between two."""


class Context(BaseModel):
    """Under what a period is scored: rules, recipes and registry, at one cut-off.

    What was received after `horizon` is not scored; None while that is not over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    rules: Rules
    recipes: tuple[Recipe, ...]
    directory: Directory
    cut_off: AwareDatetime
    calendar: str = ""
    horizon: AwareDatetime | None = None

    @classmethod
    def of(
        cls, rules: Rules, recipes: Iterable[Recipe], directory: Directory, cut_off: datetime
    ) -> Self:
        """The context without those parts of the registry that no figure needs."""
        kept = Directory(
            version=directory.version,
            units=directory.units,
            windows=directory.windows,
            items=directory.items,
        )
        return cls(
            rules=rules,
            recipes=tuple(recipes),
            directory=kept,
            cut_off=cut_off,
            calendar=calendar_of(rules.region).label,
        )


@dataclass(frozen=True)
class Line:
    """A unit with its whole subtree: what it did, its indicators, its index and its place."""

    unit: str
    name: str
    peers: str | None
    facts: Facts
    figures: Mapping[str, Measured]
    result: Result
    rank: int | None = None


@dataclass(frozen=True)
class Scoring:
    """Scores units under one context, one recipe and the facts of one period."""

    context: Context
    recipe: Recipe
    by_unit: Mapping[str, UnitFacts]
    pace: Pace = iter

    @cached_property
    def region(self) -> Line:
        """Everything, whichever unit it belongs to."""
        everything = self.by_unit.keys() | self.context.directory.unit.keys()
        return self._line(Unit(id=REGION, name=self.context.rules.region.name), everything)

    @cached_property
    def lines(self) -> list[Line]:
        """Every unit of the registry with its subtree."""
        directory = self.context.directory
        units = self.pace(directory.unit.values())
        return [self._line(unit, directory.subtree(unit.id)) for unit in units]

    def _line(self, unit: Unit, members: Iterable[str]) -> Line:
        context = self.context
        facts = facts_of(
            members, self.by_unit, context.directory, context.rules, context.cut_off, unit.id
        )
        figures = measure_all(facts, self.recipe.min_sample)
        result = evaluate(self.recipe, figures)
        return Line(unit.id, unit.name, unit.peers, facts, figures, result)

    def ranks(self, line: Line) -> bool:
        """Whether the unit has a place: its group is ranked by this index, and its sample holds."""
        return line.result.ranked and self.recipe.ranks(line.peers)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each unit that is ranked, on printed scores, among its peers."""
        entered = {
            line.unit: (line.peers, POINTS.figure(line.result.total))
            for line in self.lines
            if line.peers and self.ranks(line) and line.result.total is not None
        }
        groups = {unit: peers for unit, (peers, _) in entered.items()}
        return ranks_within(groups, {unit: printed for unit, (_, printed) in entered.items()})
