"""What a unit did in a period, as plain counts that can be added up over its subtree. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, reduce
from operator import add
from typing import Any, Self

from services.contracts.directory import Directory
from services.contracts.rules import Rules
from services.contracts.verdict import CaseAtCutOff
from services.contracts.vocabulary import Level
from services.score.errands import Errands
from services.score.imports import Imported, for_unit, topmost
from services.score.tally import (
    Cell,
    Mark,
    Topic,
    by_level,
    cells_from,
    combined,
    marks_from,
    rows,
    topics_from,
)


@dataclass(frozen=True)
class UnitFacts:
    """What happened at one unit, or at several added up. `bad` and `invalid` are rating keys."""

    cells: Counter[Cell] = field(default_factory=Counter)
    topics: Counter[Topic] = field(default_factory=Counter)
    errands: Errands = field(default_factory=Errands)
    cases: tuple[CaseAtCutOff, ...] = ()
    bad: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    marks: Counter[Mark] = field(default_factory=Counter)
    imports: tuple[Imported, ...] = ()

    def __add__(self, other: UnitFacts) -> UnitFacts:
        return UnitFacts.together([self, other])

    @classmethod
    def together(cls, parts: Sequence[UnitFacts]) -> Self:
        """Several units added up; their order does not matter to any figure."""
        return cls(
            combined(each.cells for each in parts),
            combined(each.topics for each in parts),
            reduce(add, (each.errands for each in parts), Errands()),
            tuple(case for each in parts for case in each.cases),
            tuple(key for each in parts for key in each.bad),
            tuple(key for each in parts for key in each.invalid),
            combined(each.marks for each in parts),
            tuple(row for each in parts for row in each.imports),
        )

    @property
    def anything(self) -> bool:
        """Whether anything was counted."""
        return self != UnitFacts()

    def explained(self, bad: tuple[str, ...], invalid: tuple[str, ...]) -> Self:
        """The same facts with the keys of the ratings behind them."""
        return replace(self, bad=bad, invalid=invalid)

    def plain(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {
            "cells": rows(self.cells),
            "topics": rows(self.topics),
            "errands": self.errands.plain(),
            "cases": [case.plain() for case in self.cases],
            "bad": list(self.bad),
            "invalid": list(self.invalid),
            "marks": rows(self.marks),
            "imports": [each.plain() for each in self.imports],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What a snapshot kept."""
        return cls(
            cells_from(plain["cells"]),
            topics_from(plain["topics"]),
            Errands.from_plain(plain["errands"]),
            tuple(CaseAtCutOff.from_plain(case) for case in plain["cases"]),
            tuple(plain["bad"]),
            tuple(plain["invalid"]),
            marks_from(plain.get("marks", ())),
            tuple(Imported.from_plain(each) for each in plain.get("imports", ())),
        )


@dataclass(frozen=True)
class Facts:
    """All that indicators read: what happened, the rules in force, and what was on offer."""

    did: UnitFacts
    rules: Rules
    offered: frozenset[str] = frozenset()
    hall_of: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    departments: frozenset[str] = frozenset()
    rated_departments: frozenset[str] = frozenset()

    @cached_property
    def imported(self) -> dict[str, Imported]:
        """Figures that other systems counted, for the unit with its subtree."""
        return for_unit(self.unit, self.did.imports)

    @cached_property
    def active(self) -> Counter[Level]:
        """Ratings that people gave themselves, by level: valid first ratings."""
        return by_level(self.did.cells, self.rules.channels.by_code)

    @cached_property
    def levels(self) -> Counter[Level]:
        """The same with default ratings (默认评价), where the rules count them."""
        rating = self.rules.rating
        defaults: Counter[Level] = Counter()
        if rating.default_counts and rating.default_level:
            defaults[rating.default_level] = self.did.errands.due - self.did.errands.rated
        return Counter({level: self.active[level] + defaults[level] for level in Level})

    def good(self, levels: Mapping[Level, int]) -> int:
        """How many of these ratings are not bad."""
        return sum(count for level, count in levels.items() if not self.rules.is_bad(level))

    @cached_property
    def valid_cases(self) -> tuple[CaseAtCutOff, ...]:
        """The cases whose rating counts, those under appeal among them."""
        return tuple(case for case in self.did.cases if case.valid)

    @cached_property
    def rated_places(self) -> frozenset[str]:
        """Windows with an active rating, and their halls."""
        return self._places({cell.window for cell in self.did.cells if cell.counts and cell.window})

    @cached_property
    def served_places(self) -> frozenset[str]:
        """Windows that served someone or were rated, and their halls."""
        return self._places(self.did.errands.served) | self.rated_places

    def _places(self, windows: Iterable[str]) -> frozenset[str]:
        places = frozenset(windows)
        return places | {f"hall:{self.hall_of[name]}" for name in places if name in self.hall_of}

    @cached_property
    def rated_items(self) -> frozenset[str]:
        """Items on offer that were rated at least once."""
        return frozenset(topic.item for topic in self.did.topics if topic.item) & self.offered


def facts_of(
    units: Iterable[str],
    by_unit: Mapping[str, UnitFacts],
    directory: Directory,
    rules: Rules,
    at: datetime,
    head: str = "",
) -> Facts:
    """The facts of `head` and what is below it, with the items that are on offer at `at`."""
    wanted = frozenset(units)
    together = UnitFacts.together([by_unit[unit] for unit in sorted(wanted & by_unit.keys())])
    did = replace(together, imports=topmost(together.imports, directory.subtree))
    items = (item for item in directory.items if item.unit in wanted and item.active(at))
    halls = {window.id: window.hall for window in directory.windows}
    offered = list(items)
    departments = frozenset(item.unit for item in offered)
    rated = frozenset(unit for unit in departments if _rated(by_unit.get(unit)))
    return Facts(
        did, rules, frozenset(item.id for item in offered), halls, head, departments, rated
    )


def _rated(did: UnitFacts | None) -> bool:
    return did is not None and any(cell.counts for cell in did.cells)
