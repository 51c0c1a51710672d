"""The table of database rights against the code: nobody reaches for what it may not have."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from services.adapters.sealing.resealing import PLACES
from services.console.stack.application import ALL
from services.contracts.keeping import KEEPING, SHARED, Right

ROOT = Path(__file__).resolve().parents[3]


def module_file(name: str) -> Path:
    """Where a module of ours lies."""
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def constants(path: Path) -> dict[str, str]:
    """The strings that a module names, its own and those that it imports from us."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("services."):
            known = constants(module_file(node.module or ""))
            found |= {a.asname or a.name: known[a.name] for a in node.names if a.name in known}
        if isinstance(node, ast.Assign):
            found |= dict(_named(node.targets[0], node.value))
    return found


def _named(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, its in zip(target.elts, value.elts, strict=True):
            yield from _named(each, its)
    if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
        yield target.id, str(value.value)


def collections(path: Path) -> set[str]:
    """The collections that a module takes from a database, where they can be read off."""
    known, found = constants(path), set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Subscript) and _is_database(node.value):
            key = node.slice
            if isinstance(key, ast.Constant):
                found.add(str(key.value))
            elif isinstance(key, ast.Name) and key.id in known:
                found.add(known[key.id])
    return found


def _is_database(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in {"db", "_db"}


@pytest.mark.parametrize("service", ALL)
def test_a_service_takes_no_collection_from_the_database_that_the_table_does_not_give_it(
    service: str,
) -> None:
    given = {name for name, _ in KEEPING[service].all()}
    taken = {
        name for path in (ROOT / "services" / service).rglob("*.py") for name in collections(path)
    }
    assert taken - given == set()


def test_what_services_share_through_adapters_is_given_to_somebody() -> None:
    adapters = (ROOT / "services" / "adapters").rglob("*.py")
    taken = {name for path in adapters for name in collections(path)}
    assert {"audit", "sessions", "tokens", "device_keys"} <= taken
    assert taken <= {name for rights in KEEPING.values() for name, _ in rights.all()}


def test_every_collection_has_one_keeper_or_is_shared_by_name() -> None:
    keepers = Counter(
        name for rights in KEEPING.values() for name, right in rights.all() if right is Right.KEEP
    )
    assert {name for name, times in keepers.items() if times > 1} == SHARED
    assert {name for rights in KEEPING.values() for name, _ in rights.all()} - keepers.keys() == {
        "audit"
    }


def test_nobody_can_change_what_stands_in_the_audit() -> None:
    assert {dict(rights.all())["audit"] for rights in KEEPING.values()} == {Right.ADD}


def test_no_service_has_two_rights_in_one_collection() -> None:
    for service, rights in KEEPING.items():
        names = [name for name, _ in rights.all()]
        assert len(names) == len(set(names)), service


def test_the_store_may_seal_anew_wherever_something_is_sealed() -> None:
    given = dict(KEEPING["store"].all())
    assert all(given[name] in {Right.CHANGE, Right.KEEP} for name, _ in PLACES)


def test_who_shows_pages_can_neither_read_ratings_nor_accounts() -> None:
    given = dict(KEEPING["portal"].all())
    assert given.keys() & {"ratings", "cases", "accounts", "quarantine", "evidence.chunks"} == set()
