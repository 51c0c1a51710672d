"""Reads the recipes of `config/index/`; what is wrong is named with file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.adapters.settings import read_text
from services.errors import Misconfigured, NotFound
from services.score.index import Recipe


class NoSuchIndex(NotFound):
    """There is no index of this name; each file in config/index/ is one."""


def read_recipe(text: str, file: str) -> Recipe:
    """The recipe in `text`. Raises Misconfigured with `file:line` for everything that is wrong."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or error
        raise Misconfigured(f"{file}:{mark.line + 1 if mark else 1}: not YAML: {why}") from None
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        wrong = (_complaint(root, each["loc"], each["msg"]) for each in error.errors())
        raise Misconfigured("\n".join(f"{file}:{each}" for each in wrong)) from None


def _complaint(root: yaml.Node | None, location: tuple[int | str, ...], why: str) -> str:
    where = ".".join(map(str, location)) or "recipe"
    return f"{line_of(root, location)}: {where}: {why.removeprefix('Value error, ')}"


def line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the innermost thing that is there on the way to `location`."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in location:
        child = _child(node, part)
        if child is not None:
            node, line = child, child.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        found: yaml.Node = node.value[part]
        return found
    if isinstance(node, yaml.MappingNode):
        pairs: list[tuple[Any, yaml.Node]] = node.value
        return next((value for key, value in pairs if key.value == part), None)
    return None


def load_recipes(folder: Path) -> dict[str, Recipe]:
    """Every recipe in `folder` by its id. Raises Misconfigured."""
    files = sorted(folder.glob("*.yaml"))
    recipes = [read_recipe(read_text(file), str(file)) for file in files]
    if not recipes:
        raise Misconfigured(f"{folder}: no index recipe; put at least one .yaml file there")
    return {recipe.id: recipe for recipe in recipes}


def chosen(recipes: dict[str, Recipe], name: str) -> Recipe:
    """The recipe called `name`. Raises NoSuchIndex naming those there are."""
    if name not in recipes:
        raise NoSuchIndex(f"There is no index '{name}'; there are {', '.join(sorted(recipes))}")
    return recipes[name]
