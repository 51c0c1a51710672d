"""A registry that does not hold together is refused, and says why."""

from __future__ import annotations

import pytest

from services.contracts.directory import Device, Directory, Unit, Window
from services.errors import Invalid
from services.registry.tree import check
from tests.county import DIRECTORY


def complaints(directory: Directory) -> dict[str, str]:
    """What is wrong, by pointer."""
    with pytest.raises(Invalid) as refusal:
        check(directory)
    return {each["pointer"]: each["detail"] for each in refusal.value.extra["errors"]}


def test_a_registry_that_holds_together_is_taken() -> None:
    check(DIRECTORY)


def test_an_id_that_is_there_twice_is_named() -> None:
    twice = Directory(units=(Unit(id="u", name="a"), Unit(id="u", name="b")))
    assert complaints(twice) == {"/units/u": "is there 2 times"}


def test_what_points_to_nothing_is_named() -> None:
    directory = Directory(
        units=(Unit(id="u", name="u", parent="gone"),),
        windows=(Window(id="w", name="w", hall="h", unit="gone"),),
        devices=(Device(id="d", name="d", unit="u", window="gone"),),
    )
    assert complaints(directory) == {
        "/units/u": "parent gone is not in the registry",
        "/windows/w": "unit gone is not in the registry",
        "/devices/d": "window gone is not in the registry",
    }


def test_a_circle_of_units_is_named() -> None:
    round_and_round = Directory(
        units=(Unit(id="a", name="a", parent="b"), Unit(id="b", name="b", parent="a"))
    )
    assert set(complaints(round_and_round)) == {"/units/a", "/units/b"}
