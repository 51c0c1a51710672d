"""What caused the difference between two snapshots of a period, unit by unit. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.contracts.vocabulary import Standing
from services.score.board import REGION, Context
from services.score.facts import UnitFacts

Cause = dict[str, Any]
ByUnit = Mapping[str, UnitFacts]
Moves = Sequence[tuple[str, str]]
"""For each rating that was joined to an errand meanwhile: its unit before, and its unit after."""


def causes_by_unit(
    before: tuple[Context, ByUnit], after: tuple[Context, ByUnit], joined: Moves = ()
) -> dict[str, list[Cause]]:
    """For the region and every unit with its subtree: what happened between the two."""
    (old_context, old), (context, new) = before, after
    everything = frozenset(old) | frozenset(new) | context.directory.unit.keys()
    wanted = {unit: context.directory.subtree(unit) for unit in context.directory.unit}
    shared = list(_of_context(old_context, context))
    return {
        unit: [
            *shared,
            *_counted("registry", len(_came_or_went(unit, old_context, context) & new.keys())),
            *causes(_together(old, members), _together(new, members), _across(joined, members)),
        ]
        for unit, members in {REGION: everything, **wanted}.items()
    }


def _came_or_went(unit: str, before: Context, after: Context) -> frozenset[str]:
    """Units that came to be in the subtree of this one, or are there no longer."""
    trees = (each.directory for each in (before, after))
    old, new = (tree.subtree(unit) if unit in tree.unit else frozenset[str]() for tree in trees)
    return old ^ new


def _together(facts: ByUnit, members: frozenset[str]) -> UnitFacts:
    return UnitFacts.together([facts[unit] for unit in sorted(members & facts.keys())])


def _across(joined: Moves, members: frozenset[str]) -> tuple[int, int]:
    """How many of these ratings came to be among the members, and how many are no longer."""
    moves = Counter((was in members, now in members) for was, now in joined)
    return moves[False, True], moves[True, False]


def causes(
    before: UnitFacts, after: UnitFacts, across: tuple[int, int] = (0, 0)
) -> Iterator[Cause]:
    """Late presses, ratings that came or went with an errand, decisions, errands, cases, imports.

    Each with how many there were, so that a rating of another unit is no press that came late.
    """
    came, went = across
    yield from _counted("late_presses", after.cells.total() - before.cells.total() - came + went)
    yield from _counted("joined", came)
    yield from _counted("parted", went)
    decided = _invalid(after) - _invalid(before)
    yield from _counted("invalidated" if decided > 0 else "reinstated", abs(decided))
    errands = after.errands.reported - before.errands.reported
    yield from _counted("errands_reported_late", errands)
    yield from _counted("errands_rated_late", after.errands.rated - before.errands.rated)
    yield from _cases(before, after)
    yield from _imports(before, after)


def _counted(what: str, count: int) -> Iterator[Cause]:
    if count:
        yield {"what": what, "count": count}


def _invalid(did: UnitFacts) -> int:
    return sum(count for cell, count in did.cells.items() if cell.standing is Standing.INVALID)


def _cases(before: UnitFacts, after: UnitFacts) -> Iterator[Cause]:
    old = {case.id: case for case in before.cases}
    moves = Counter(
        (old[case.id].verdict.value if case.id in old else "none", case.verdict.value)
        for case in after.cases
        if old.get(case.id) != case
    )
    for (was, now), count in sorted(moves.items()):
        yield {"what": "cases", "count": count, "from": was, "to": now}


def _imports(before: UnitFacts, after: UnitFacts) -> Iterator[Cause]:
    old = {(row.unit, row.figure): row.value for row in before.imports}
    new = {(row.unit, row.figure): row.value for row in after.imports}
    changed = Counter(
        figure for (unit, figure) in old | new if old.get((unit, figure)) != new.get((unit, figure))
    )
    for figure, count in sorted(changed.items()):
        yield {"what": "imports", "count": count, "figure": figure}


def _of_context(before: Context, after: Context) -> Iterator[Cause]:
    versions = {
        "rules": (before.rules.label, after.rules.label),
        "calendar": (before.calendar, after.calendar),
        "index": (_labels(before), _labels(after)),
    }
    for what, (old, new) in versions.items():
        if old != new:
            yield {"what": what, "count": 1, "from": old, "to": new}


def _labels(context: Context) -> str:
    return ", ".join(recipe.label for recipe in context.recipes)
