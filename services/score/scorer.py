"""The scorer reading: live, as closed, or as published; explained, compared, and asked what if."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.adapters.breathing import breathing
from services.adapters.recent import Kept as Recent
from services.adapters.recent import anew
from services.contracts.directory import Directory
from services.contracts.period import Period
from services.contracts.rules import Rules
from services.contracts.time_to_rate import TimeToRateEnds
from services.errors import NotFound
from services.score import views
from services.score.archive import Imports
from services.score.board import REGION, Context, Line
from services.score.facts import UnitFacts
from services.score.happenings import Behind, Happenings
from services.score.index import Recipe
from services.score.kept import Kept
from services.score.missing import missing
from services.score.months import Found, Month, checks_of
from services.score.movement import side_by_side
from services.score.places import as_published
from services.score.reading import Reading, everyone, seen
from services.score.repository import Tallies
from services.score.shelf import Months
from services.score.span import Span
from services.score.views import Sees, View


@dataclass(frozen=True)
class Scorer:
    """The collaborators of scoring, at one moment of business time.

    `in_flight` is how many messages were on the bus just before; `recent` gives a period as it was
    read a moment ago, where that is recent enough.
    """

    tallies: Tallies
    happenings: Happenings
    months: Months
    imports: Imports
    rules: Rules
    recipes: Sequence[Recipe]
    directory: Directory
    ends: TimeToRateEnds
    now: datetime
    in_flight: int = 0
    recent: Recent[Any] = anew

    @property
    def bad(self) -> frozenset[int]:
        """The levels that are bad."""
        return frozenset(map(int, self.rules.levels.bad))

    def scores(self, key: str, index: str, sees: Sees) -> View:
        """The published revision, or else the figures as of the closing or of now."""
        return {**self.page(key, index, sees), "fresh": self.tallies.fresh}

    def month_of(self, key: str) -> Month:
        """The month of `2026-10`, or of `2026-10@1` as it was while that revision was in force.

        Raises NoSuchRevision.
        """
        name, _, revision = key.partition("@")
        month = self.months.get(Period.parse(name).key)
        return month.as_of(revision) if revision else month

    def page(self, key: str, index: str, sees: Sees) -> View:
        """A board: `2026-10`, or `2026-10@1` for a revision that was published."""
        month = self.month_of(key)
        if month.published:
            return seen(self.published(month, index), sees)
        return self.read(month, index).page(index, sees)

    def published(self, month: Month, index: str) -> View:
        """The revision in force as it was published. Raises NotFound."""
        page = self._kept(month.published[-1].snapshot, index)
        if page is None:
            raise NotFound(f"{month.period} was not published like this by an index '{index}'")
        return page

    def _kept(self, snapshot: str, index: str) -> View | None:
        page: View | None = self.recent(
            ("scores", snapshot, index), lambda: self.months.scores(snapshot, index)
        )
        return page

    def read(self, month: Month, index: str) -> Reading:
        """The period as it is to be read by one index; with its board where others wait for it."""

        def make() -> Reading:
            reading = self._read(month)
            if self.recent is not anew:
                reading.board(index)
            return reading

        reading: Reading = self.recent((month.in_force or month.period, index), make)
        return reading

    def _read(self, month: Month) -> Reading:
        if not month.in_force:
            return self.lately(month)
        context, facts = self.months.context(month.in_force), self.months.facts(month.in_force)
        return Reading(Period.parse(month.period), month, context, facts)

    def lately(self, month: Month) -> Reading:
        """The period as of a moment ago, one reading for all indexes and for what is open."""
        reading: Reading = self.recent(("lately", month.period), lambda: self.live(month))
        return reading

    def live(self, month: Month, read: Sequence[Kept] | None = None) -> Reading:
        """The period as of now; `read` are its buckets, where they have been read already."""
        period = Period.parse(month.period)
        context = Context.of(self.rules, self.recipes, self._places(month), self.now)
        imports = self.imports.in_force(period)
        facts = self.happenings.facts(period, self.now, self.ends, imports, read)
        return Reading(period, month, context, facts)

    def _places(self, month: Month) -> Directory:
        if not month.published:
            return self.directory
        known = self.months.context(month.published[-1].snapshot).directory
        return as_published(self.directory, known)

    def month(
        self, period: Period, look: Callable[[], dict[str, Found]], now: bool = False
    ) -> View:
        """What was decided about a period, and what would keep it from closing.

        Once it was closed, that is what its checks found then; `now` has a `look` all the same.
        """
        month = self.months.get(period.key)
        if now or not month.snapshot:
            month = month.model_copy(update={"checks": checks_of(look())})
        return views.month_view(month)

    def found(self, live: Reading) -> dict[str, Found]:
        """What each check finds now, given the period as it stands."""
        span = Span.of(live.period, self.rules.region.zone)
        imports = self.imports.in_force(live.period)
        lacking = missing(self.recipes, live.context.directory, imports, span)
        return {
            **self.happenings.waiting(),
            "in_flight": self.in_flight,
            "undecided": live.undecided,
            "silent_devices": list(self._silent(span)),
            "imports": [f"{unit}: {figure}" for unit, figure in lacking],
        }

    def _silent(self, span: Span) -> Iterator[str]:
        """Those that stood somewhere within the period, and those that the registry never knew."""
        known = self.directory.device_periods
        silent = self.happenings.silent(span.ends)
        return (each for each in silent if each not in known or span.met(known[each]))

    def explained(self, reading: Reading, read: Iterable[Kept]) -> Reading:
        """The same with the keys of the bad and invalid ratings behind it, from its buckets."""
        behind = self.happenings.behind(read, None, self.bad)
        facts = {
            unit: own.explained(*behind.get(unit, ((), ()))) for unit, own in reading.facts.items()
        }
        return Reading(reading.period, reading.month, reading.context, facts)

    def explain(self, key: str, unit: str, index: str) -> View:
        """A unit's figures with definitions and the ratings and cases behind them.

        Raises NotFound for a unit or a revision that was not there.
        """
        reading = self.read(self.month_of(key), index)
        line, rank = reading.line(index, unit)
        return {
            **reading.head(),
            "index": views.recipe_view(line.result.recipe),
            "result": views.line_view(line, reading.period, rank),
            "definitions": views.definitions(),
            "behind": views.behind(
                line.facts.did if reading.month.in_force else self._traced(reading, line)
            ),
        }

    def _traced(self, reading: Reading, line: Line) -> UnitFacts:
        """What a unit did while a period is live, with the keys of the ratings behind it."""
        below = None if line.unit == REGION else reading.context.directory.subtree(line.unit)
        behind = self._behind(reading.period, below)
        bad, invalid = (
            tuple(key for unit in sorted(behind) for key in behind[unit][kind]) for kind in (0, 1)
        )
        return line.facts.did.explained(bad, invalid)

    def _behind(self, period: Period, units: frozenset[str] | None) -> Behind:
        def look() -> Behind:
            return self.happenings.behind(self.happenings.buckets(period, units), units, self.bad)

        everybody = units is None or units >= self.directory.unit.keys()
        behind: Behind = self.recent(("behind", period.key), look) if everybody else look()
        return behind

    def compare(self, key: str, other: str | None, index: str, sees: Sees) -> View:
        """Two boards side by side; without another, the period before this one."""
        before = other or Period.parse(key.partition("@")[0]).before.key

        def make() -> View:
            old, new = (self.page(each, index, everyone) for each in (before, key))
            return side_by_side(old, new, breathing)

        return seen(self.recent(("compare", before, key, index), make), sees)
