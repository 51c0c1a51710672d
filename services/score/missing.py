"""Figures that an index needs and nobody has imported yet. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable

from services.contracts.directory import Directory
from services.score.imports import Place
from services.score.index import Recipe
from services.score.span import Span


def missing(
    recipes: Iterable[Recipe], directory: Directory, found: Container[Place], span: Span
) -> list[Place]:
    """Unit and figure, for each unit that an index ranks and each figure that it lacks.

    Nothing is asked of a unit that was not there at any time of the period.
    """
    return sorted(
        {
            (unit.id, figure)
            for recipe in recipes
            for unit in directory.unit.values()
            for figure in recipe.imported
            if recipe.ranks(unit.peers) and span.met([unit]) and (unit.id, figure) not in found
        }
    )
