"""A registry that does not hold together is refused, and says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.contracts.directory import Device, Directory, Item, Unit, Window
from services.errors import Invalid, NotFound
from services.registry.devices import registered, with_device
from services.registry.tree import OVERLAP, check
from tests.county import DIRECTORY

MAY = datetime(2020, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def window(unit: str, begins: datetime | None, ends: datetime | None) -> Window:
    """A period of window w2."""
    return Window(id="w2", name="2号", hall="大厅", unit=unit, active_from=begins, active_to=ends)


def with_windows(*windows: Window) -> Directory:
    """The county with these windows."""
    return Directory(units=DIRECTORY.units, windows=windows)


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


def test_a_window_may_move_from_one_unit_to_another() -> None:
    check(with_windows(window("land", MAY, None), window("tax", None, MAY)))
    check(with_windows(window("tax", None, MAY), window("land", MAY + DAY, MAY + 2 * DAY)))


@pytest.mark.parametrize(
    "windows",
    [
        (window("tax", None, None), window("land", MAY, None)),
        (window("tax", None, MAY + DAY), window("land", MAY, None)),
        (window("tax", MAY, None), window("land", None, None)),
    ],
)
def test_it_is_never_in_two_units_at_the_same_time(windows: tuple[Window, ...]) -> None:
    assert complaints(with_windows(*windows)) == {"/windows/w2": OVERLAP}


def test_a_device_and_an_item_may_move_and_a_unit_may_not() -> None:
    """A version of the registry has one tree."""
    ended, begun = {"active_to": MAY}, {"active_from": MAY}
    moved = Directory(
        units=DIRECTORY.units,
        devices=(
            Device(id="d", name="d", unit="tax", **ended),
            Device(id="d", name="d", unit="land", **begun),
        ),
        items=(
            Item(id="i", name="i", unit="tax", **ended),
            Item(id="i", name="i", unit="land", **begun),
        ),
    )
    check(moved)
    units = (Unit(id="u", name="u", **ended), Unit(id="u", name="u", **begun))
    assert complaints(Directory(units=units)) == {"/units/u": "is there 2 times"}


def test_what_ends_before_it_begins_is_named() -> None:
    never = with_windows(window("tax", MAY, MAY))
    assert complaints(never) == {"/windows/w2": "ends before it begins: look at active_to"}


def test_registering_a_device_anew_keeps_what_it_was_before() -> None:
    """First its period is ended, then it begins at another unit; each takes one PUT."""
    first = Device(id="d", name="d", unit="tax")
    directory = with_device(DIRECTORY, first)
    overlapping = first.model_copy(update={"unit": "land", "active_from": MAY})
    assert complaints(with_device(directory, overlapping)) == {"/devices/d": OVERLAP}
    ended = with_device(directory, first.model_copy(update={"active_to": MAY}))
    moved = with_device(ended, overlapping)
    check(moved)
    assert [each.unit for each in moved.device_periods["d"]] == ["tax", "land"]
    assert [registered(moved, "d", at).unit for at in (MAY - DAY, MAY)] == ["tax", "land"]


def test_a_device_is_registered_only_while_it_counts() -> None:
    ended = with_device(DIRECTORY, Device(id="d", name="d", unit="tax", active_to=MAY))
    with pytest.raises(NotFound):
        registered(ended, "d", MAY)
