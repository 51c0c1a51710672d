"""Regular expressions are bounded: none takes exponential time over what a stranger wrote.

Fields of requests are matched by pydantic's engine (Rust's regex), whose time is linear. These are
the others: Python's engine backtracks, which a repetition within a repetition makes exponential.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from typing import Any

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[2]
CALLS = frozenset(
    {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
)
REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT})
ALWAYS = 1000
"""A repetition that goes on for longer is without bound for our purposes."""


def patterns() -> Iterator[tuple[str, str]]:
    """Every pattern that our code gives to Python's engine, and where."""
    for folder in ("services", "clients"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if text := _pattern(node):
                    yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", text


def _pattern(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
    first = node.args[0]
    if of_re and node.func.attr in CALLS and isinstance(first, ast.Constant):
        return str(first.value)
    return None


def nested(parsed: Any, within: bool = False) -> bool:
    """Whether something repeats, or chooses, inside of what repeats without bound."""
    for code, value in parsed:
        if code in REPEATS:
            endless = value[1] is codes.MAXREPEAT or value[1] > ALWAYS
            if (within and endless) or nested(value[2], within or endless):
                return True
        elif code is codes.BRANCH:
            if within or any(nested(each, within) for each in value[1]):
                return True
        elif code is codes.SUBPATTERN and nested(value[-1], within):
            return True
    return False


FOUND = list(patterns())


def test_there_are_patterns_to_look_at() -> None:
    assert len(FOUND) > 10


@pytest.mark.parametrize(("where", "pattern"), FOUND, ids=[where for where, _ in FOUND])
def test_no_pattern_can_take_exponential_time(where: str, pattern: str) -> None:
    assert not nested(parser.parse(pattern)), (where, pattern)


@pytest.mark.parametrize("evil", [r"(a+)+$", r"(?:\d*)*x", r"(a|aa)+$", r"((ab)*c*)*"])
def test_a_pattern_that_can_is_known(evil: str) -> None:
    assert nested(parser.parse(evil))


def test_fields_are_matched_by_an_engine_that_does_not_backtrack() -> None:
    def models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
        yield kind
        for each in kind.__subclasses__():
            yield from models(each)

    engines = {each.model_config.get("regex_engine", "rust-regex") for each in models(BaseModel)}
    assert engines == {"rust-regex"}
