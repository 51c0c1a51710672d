"""The registry as a tree, as of a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.contracts.directory import Device, Directory, Item, Unit, Window
from services.errors import Malformed
from services.portal.entryform import KINDS, Typed, as_typed, made, with_entry
from services.portal.registrytree import Branch, branches, counted, moment_of, standing
from tests.county import DIRECTORY, NOON

ZONE = ZoneInfo("Asia/Shanghai")
JULY = datetime(2020, 7, 1, tzinfo=ZONE)
MOVED = Directory(
    units=DIRECTORY.units,
    windows=(
        Window(id="w1", name="1号", hall="大厅", unit="tax", active_to=JULY),
        Window(id="w1", name="1号", hall="大厅", unit="land", active_from=JULY),
    ),
    devices=(
        Device(id="d1", name="评价器", unit="tax", window="w1"),
        Device(id="t1", name="终端", unit="tax"),
    ),
    items=(Item(id="i1", name="契税", unit="tax"),),
)


def found(branch: Branch, unit: str) -> Branch | None:
    """The branch of a unit."""
    if branch.unit.id == unit:
        return branch
    return next((hit for below in branch.below if (hit := found(below, unit))), None)


def at(day: datetime, query: str = "", everything: bool = False) -> dict[str, Branch]:
    """The branches of the two offices."""
    [root] = branches(MOVED, day, query, everything)
    hits = {unit: found(root, unit) for unit in ("tax", "land")}
    return {unit: branch for unit, branch in hits.items() if branch}


def test_a_window_hangs_on_the_unit_that_runs_it_on_that_day() -> None:
    before, after = at(NOON), at(JULY)
    assert [[place.window.id for place in before[unit].places] for unit in ("tax", "land")] == [
        ["w1"],
        [],
    ]
    assert [[place.window.id for place in after[unit].places] for unit in ("tax", "land")] == [
        [],
        ["w1"],
    ]
    assert [device.id for device in after["land"].places[0].devices] == ["d1"]


def test_a_device_at_no_window_and_items_hang_on_their_unit() -> None:
    tax = at(NOON)["tax"]
    assert [each.id for each in tax.devices] == ["t1"]
    assert [each.id for each in tax.items] == ["i1"]


def test_what_is_looked_for_stands_with_the_units_above_it() -> None:
    assert at(NOON, "契税").keys() == {"tax"}
    assert at(NOON, "自然资源").keys() == {"land"}
    assert branches(MOVED, NOON, "nothing like it") == ()


def test_what_does_not_count_is_shown_only_when_asked_for() -> None:
    ended = Directory(units=(Unit(id="u", name="u", active_to=JULY),))
    assert branches(ended, JULY) == ()
    assert [branch.unit.id for branch in branches(ended, JULY, everything=True)] == ["u"]
    assert (standing(ended.units[0], NOON), standing(ended.units[0], JULY)) == ("active", "ended")
    assert counted(MOVED, NOON)["windows"] == 1


def test_a_day_is_its_noon_and_no_day_is_now() -> None:
    assert moment_of("2020-03-05", ZONE, NOON) == NOON
    assert moment_of("", ZONE, NOON) == NOON
    with pytest.raises(Malformed):
        moment_of("tomorrow", ZONE, NOON)


def edited(**values: Any) -> Any:
    """What the form of the second period of the window makes."""
    kind, before = KINDS["windows"], MOVED.windows[1]
    return made(as_typed(before, kind, ZONE) | values, before, kind, ZONE)


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    assert edited() == MOVED.windows[1]
    odd = MOVED.windows[1].model_copy(update={"active_from": datetime(2020, 7, 1, 3, tzinfo=UTC)})
    shown = as_typed(odd, KINDS["windows"], ZONE)
    assert made(shown, odd, KINDS["windows"], ZONE) == odd


def test_a_form_names_each_field_that_is_wrong() -> None:
    wrong = edited(name="", active_to="soon")
    assert isinstance(wrong, Typed)
    assert wrong.errors == {"name": "name_form", "active_to": "day_form"}


def test_a_changed_entry_stands_where_it_stood() -> None:
    changed = with_entry(MOVED, KINDS["windows"], MOVED.windows[0], edited(name="一号"))
    assert [each.name for each in changed.windows] == ["一号", "1号"]
    assert len(with_entry(MOVED, KINDS["units"], None, Unit(id="n", name="n")).units) == 4
