"""The scorer at work: reads what happened, closes, publishes and explains. No clock, no bus."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.contracts.directory import Directory
from services.contracts.rules import Rules
from services.errors import NotFound
from services.score import views
from services.score.board import REGION, Context, Scoring
from services.score.errands import TimeToRateEnds
from services.score.facts import UnitFacts
from services.score.happenings import Happenings
from services.score.index import Recipe
from services.score.months import Month, checks_of, differences, must_be_over
from services.score.period import Period
from services.score.recipes import chosen
from services.score.repository import Months, Tallies
from services.score.verdict import Verdict
from services.score.views import Sees, View


class Closing(BaseModel):
    """A request to close: the checks that are accepted as they are, and why a revision is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    accept: tuple[str, ...] = ()
    cause: str | None = None


@dataclass(frozen=True)
class Reading:
    """A period as it is to be read: live, or from the snapshot in force."""

    period: Period
    month: Month
    context: Context
    facts: dict[str, UnitFacts]

    def scoring(self, index: str) -> Scoring:
        """The scoring by one index."""
        recipes = {recipe.id: recipe for recipe in self.context.recipes}
        return Scoring(self.context, chosen(recipes, index), self.facts)

    def head(self) -> View:
        """Which period, how far it has come, and under what."""
        return views.head(self.period, self.month, self.context)


@dataclass(frozen=True)
class Scorer:
    """The collaborators of scoring, at one moment of business time."""

    tallies: Tallies
    happenings: Happenings
    months: Months
    rules: Rules
    recipes: Sequence[Recipe]
    directory: Directory
    ends: TimeToRateEnds
    now: datetime

    def scores(self, key: str, index: str, sees: Sees) -> View:
        """The published revision, or else the figures as of the closing or of now."""
        period = Period.parse(key)
        month = self.months.get(key)
        if month.published:
            page = self._published(month, index)
            units = [line for line in page["units"] if sees(line["unit"])]
            return {**page, "units": units, "fresh": self.tallies.fresh}
        reading = self._read(period, month)
        board = views.board(reading.scoring(index), period, sees)
        return {**reading.head(), **board, "fresh": self.tallies.fresh}

    def _published(self, month: Month, index: str) -> View:
        page = self.months.scores(month.published[-1].snapshot, index)
        if page is None:
            raise NotFound(f"{month.period} was not scored by an index '{index}'")
        return page

    def _read(self, period: Period, month: Month) -> Reading:
        if month.in_force:
            context, facts = self.months.context(month.in_force), self.months.facts(month.in_force)
            return Reading(period, month, context, facts)
        return self._live(period, month)

    def _live(self, period: Period, month: Month) -> Reading:
        context = Context.of(self.rules, self.recipes, self.directory, self.now)
        return Reading(period, month, context, self.happenings.facts(period, self.now, self.ends))

    def month(self, key: str) -> View:
        """What was decided about a period; while it is open, what would keep it from closing."""
        period = Period.parse(key)
        month = self.months.get(key)
        if not month.snapshot:
            reading = self._live(period, month)
            month = month.model_copy(update={"checks": checks_of(self._found(reading))})
        return views.month_view(month)

    def _found(self, reading: Reading) -> dict[str, int]:
        cases = [case for facts in reading.facts.values() for case in facts.cases]
        pending = sum(case.verdict is Verdict.PENDING for case in cases)
        return {**self.happenings.waiting(), "undecided": pending}

    def close(self, key: str, closing: Closing, by: str) -> View:
        """Take the snapshot that everything later reads. Raises NotOver, NotClear, NeedsCause."""
        period = Period.parse(key)
        must_be_over(period, self.now, period.ends(self.rules.region.zone))
        self.tallies.recompute()
        month = self.months.get(key)
        reading = self._live(period, month)
        snapshot = f"{key}/{month.next_revision}/{uuid.uuid4().hex}"
        checks = checks_of(self._found(reading))
        closed = month.closed(snapshot, self.now, by, checks, closing.accept, closing.cause)
        self.months.keep(snapshot, reading.context, self._explained(period, reading.facts))
        self.months.save(closed)
        return views.month_view(closed)

    def _explained(self, period: Period, facts: dict[str, UnitFacts]) -> dict[str, UnitFacts]:
        behind = self.happenings.behind(period, None, frozenset(self.rules.levels.bad))
        return {unit: own.explained(*behind.get(unit, ((), ()))) for unit, own in facts.items()}

    def publish(self, key: str, by: str) -> View:
        """Score the snapshot by every index and make it the revision in force. Raises NotClosed."""
        period = Period.parse(key)
        before = self.months.get(key)
        after = before.publish(self.now, by)
        new = after.published[-1]
        reading = Reading(
            period, after, self.months.context(new.snapshot), self.months.facts(new.snapshot)
        )
        for recipe in reading.context.recipes:
            board = views.board(reading.scoring(recipe.id), period, sees=lambda unit: True)
            page = {**reading.head(), **board, "cause": new.cause}
            page["differences"] = differences(self._page_before(before, recipe.id), page)
            self.months.keep_scores(new.snapshot, recipe.id, page)
        self.months.save(after)
        return views.month_view(after)

    def _page_before(self, month: Month, index: str) -> View | None:
        return self.months.scores(month.published[-1].snapshot, index) if month.published else None

    def explain(self, key: str, unit: str, index: str) -> View:
        """A unit's figures with definitions and the ratings and cases behind them.

        Raises NotFound for a unit that was not there.
        """
        period = Period.parse(key)
        reading = self._read(period, self.months.get(key))
        if unit != REGION and unit not in reading.context.directory.unit:
            raise NotFound
        if not reading.month.in_force:
            reading = Reading(
                period, reading.month, reading.context, self._explained(period, reading.facts)
            )
        scoring = reading.scoring(index)
        lines = scoring.lines()
        line = next((each for each in lines if each.unit == unit), None) or scoring.region()
        return {
            **reading.head(),
            "index": views.recipe_view(scoring.recipe),
            "result": views.line_view(line, period, scoring.places(lines).get(unit)),
            "definitions": views.definitions(),
            "behind": views.behind(line.facts.did),
        }
