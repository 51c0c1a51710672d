"""What if: the same month under other rules or another index, side by side. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.contracts.rules import Rules
from services.errors import Invalid, Misconfigured, NotFound
from services.score.index import Recipe
from services.score.movement import side_by_side
from services.score.reading import Reading
from services.score.recipes import chosen, read_recipe
from services.score.scorer import Scorer
from services.score.views import Sees, View

RulesNamed = Callable[[str], Rules]
MOST_TEXT = 50_000
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT)]
FIXED = ("deadlines", "cases")
"""What was decided while the month went by, and no other rule can decide after the fact."""


class Supposition(BaseModel):
    """What is supposed: the rules of another place by name, another index, or a recipe as text.

    `index` is the one that it stands beside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    index: str = "haochaping-composite"
    rules: str | None = None
    other: str | None = None
    recipe: Text | None = None


def what_if(
    scorer: Scorer, key: str, told: Supposition, rules_named: RulesNamed, sees: Sees
) -> View:
    """The board as it is and as it would be; `not_recounted` names what could not be supposed."""
    reading = scorer.read(scorer.month_of(key), told.index)
    rules = _rules(told, rules_named) or reading.context.rules
    recipe = _recipe(told, scorer, reading)
    context = reading.context.model_copy(update={"rules": rules, "recipes": (recipe,)})
    supposed = replace(reading, context=context)
    actual = reading.page(told.index, sees)
    told_apart = side_by_side(actual, supposed.page(recipe.id, sees))
    return {**told_apart, "not_recounted": _not_recounted(reading.context.rules, rules)}


def _rules(told: Supposition, rules_named: RulesNamed) -> Rules | None:
    try:
        return rules_named(told.rules) if told.rules else None
    except Misconfigured as error:
        raise NotFound(error.message) from None


def _recipe(told: Supposition, scorer: Scorer, reading: Reading) -> Recipe:
    if told.recipe is None:
        known = (*scorer.recipes, *reading.context.recipes)
        return chosen({each.id: each for each in known}, told.other or told.index)
    try:
        return read_recipe(told.recipe, "recipe")
    except Misconfigured as error:
        wrong = [{"pointer": "/recipe", "detail": line} for line in error.message.splitlines()]
        raise Invalid(errors=wrong) from None


def _not_recounted(actual: Rules, supposed: Rules) -> list[dict[str, Any]]:
    fixed = [(name, getattr(actual, name), getattr(supposed, name)) for name in FIXED]
    fixed.append(("rating.time_to_rate", actual.rating.time_to_rate, supposed.rating.time_to_rate))
    why = "cases and errands stand as they were decided under the rules of that month"
    return [{"rule": name, "why": why} for name, old, new in fixed if old != new]
