"""Versions of the registry, on the fake and on the real database."""

from __future__ import annotations

from services.adapters.mongo import Db
from services.contracts.directory import Directory, Unit
from services.registry.repository import Registries


def version(number: int, *names: str) -> Directory:
    """A registry of units."""
    return Directory(version=number, units=tuple(Unit(id=name, name=name) for name in names))


def test_before_the_first_version_the_registry_is_empty(db: Db) -> None:
    assert Registries(db).current() == Directory()


def test_the_next_version_comes_into_force_and_the_last_is_kept(db: Db) -> None:
    registries = Registries(db)
    assert registries.replace(version(1, "tax"), "admin")
    assert registries.replace(version(2, "tax", "land"), "admin")
    assert registries.current() == version(2, "tax", "land")
    kept = db["registry"].find_one({"_id": "version-1"})
    assert kept is not None
    assert Directory.model_validate(kept["directory"]) == version(1, "tax")


def test_of_two_who_change_the_same_version_the_second_is_told(db: Db) -> None:
    registries = Registries(db)
    registries.replace(version(1), "admin")
    assert registries.replace(version(2, "tax"), "first")
    assert not registries.replace(version(2, "land"), "second")
    assert registries.current() == version(2, "tax")


def test_a_first_version_never_overwrites_another(db: Db) -> None:
    registries = Registries(db)
    registries.replace(version(1, "tax"), "first")
    assert not registries.replace(version(1, "land"), "second")
    assert registries.current() == version(1, "tax")
