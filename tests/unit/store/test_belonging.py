"""Whose a rating is, as things stood when somebody pressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.directory import Device, Directory, Item, Unit, Window
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Mark
from services.store.belonging import Belonging, Errand, Refusal, belonging
from tests.county import NOON, linked, press

MARCH = NOON
APRIL = NOON + timedelta(days=31)
DIRECTORY = Directory(
    units=(
        Unit(id="tax", name="税务局"),
        Unit(id="land", name="自然资源局"),
        Unit(id="old", name="撤销的局", active_to=APRIL),
    ),
    windows=(
        Window(id="w1", name="1号窗口", hall="大厅", unit="tax", active_to=APRIL),
        Window(id="w1", name="1号窗口", hall="大厅", unit="land", active_from=APRIL),
        Window(id="shut", name="已撤窗口", hall="大厅", unit="tax", active_to=MARCH),
        Window(id="orphan", name="2号窗口", hall="大厅", unit="old"),
    ),
    devices=(
        Device(id="kiosk", name="评价器", unit="land", window="w1"),
        Device(id="gone", name="旧评价器", unit="tax", active_to=MARCH),
    ),
    items=(Item(id="permit", name="许可", unit="land", active_to=MARCH),),
)


def told(
    pressed: RatingSubmitted, errand: Errand | None = None, directory: Directory = DIRECTORY
) -> tuple[str, set[str]]:
    """The unit of a press and the marks of how it was found."""
    result = belonging(pressed, errand, directory)
    assert isinstance(result, Belonging)
    return result.unit, set(result.marks)


def refused(**fields: object) -> Refusal:
    """Why a press is refused."""
    refusal = belonging(press(**fields), None, DIRECTORY)
    assert isinstance(refusal, Refusal)
    return refusal


def test_a_window_that_moved_gives_the_unit_that_it_had_at_the_press() -> None:
    before, after = (press(pressed_at=at) for at in (APRIL - timedelta(seconds=1), APRIL))
    assert told(before) == ("tax", set())
    assert told(after) == ("land", set())


def test_a_press_of_last_month_that_comes_late_gets_last_months_unit() -> None:
    late = press(pressed_at=MARCH, received_at=APRIL + timedelta(days=3))
    assert told(late) == ("tax", set())


def test_a_window_that_did_not_count_is_a_reason_to_refuse_which_says_what_to_do() -> None:
    refusal = refused(window="shut")
    assert refusal.reason == "inactive_window"
    assert "shut" in refusal.detail
    assert "active_from and active_to" in refusal.detail
    assert "replay" in refusal.detail


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"window": None, "device": "gone"}, "inactive_device"),
        ({"window": None, "unit": "old", "pressed_at": APRIL}, "inactive_unit"),
        ({"window": "orphan", "pressed_at": APRIL}, "inactive_window"),
        ({"window": None}, "no_unit"),
        ({"window": "shut", "device": "gone"}, "inactive_window"),
        ({"window": "w1", "device": "never"}, "unknown_device"),
    ],
)
def test_what_decides_nothing_is_named(fields: dict[str, object], reason: str) -> None:
    assert refused(**fields).reason == reason


def test_what_did_not_count_is_remarked_when_something_else_decides() -> None:
    """Another source decides the unit, in their order; what was passed over is marked."""
    by_device = press(window="shut", device="kiosk")
    assert told(by_device) == ("land", {Mark.INACTIVE_PLACE})
    errand = Errand("hall:A1:completed:1", "tax", "2020-03-05", MARCH)
    by_errand = linked("A1", window="shut")
    assert told(by_errand, errand) == ("tax", {Mark.INACTIVE_PLACE})


def test_an_item_decides_nothing_and_need_not_be_registered() -> None:
    assert told(press(item="anything")) == ("tax", set())
    assert told(press(item="permit")) == ("tax", {Mark.INACTIVE_PLACE})


@given(
    moves=st.lists(st.sampled_from(["tax", "land"]), min_size=1, max_size=8),
    hour=st.integers(-5, 200),
)
def test_however_often_a_window_moves_each_press_finds_the_unit_of_its_time(
    moves: list[str], hour: int
) -> None:
    """The window moves every 24 hours, and is given up at the end."""
    begins = [MARCH + timedelta(days=n) for n in range(len(moves) + 1)]
    windows = [
        Window(id="w", name="w", hall="大厅", unit=unit, active_from=a, active_to=b)
        for unit, a, b in zip(moves, begins, begins[1:], strict=False)
    ]
    directory = Directory(units=DIRECTORY.units, windows=tuple(reversed(windows)))
    pressed = press(window="w", pressed_at=MARCH + timedelta(hours=hour))
    if 0 <= hour < 24 * len(moves):
        assert told(pressed, directory=directory) == (moves[hour // 24], set())
    else:
        assert isinstance(belonging(pressed, None, directory), Refusal)
