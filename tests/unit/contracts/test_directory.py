"""The registry as a value."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from services.adapters.settings import token_hash
from services.contracts.actor import MAY, Action, Actor, Role
from services.contracts.directory import Device, Directory, Principal, Unit, Window, active_at
from services.errors import NotAllowed
from tests.county import DIRECTORY

NOW = datetime(2020, 3, 5, tzinfo=UTC)


def test_a_subtree_is_the_unit_and_all_below_it() -> None:
    assert DIRECTORY.subtree("county") == {"county", "tax", "land"}
    assert DIRECTORY.subtree("tax") == {"tax"}


def test_a_token_tells_who_acts_and_what_they_see() -> None:
    clerk = Principal(
        id="li",
        name="李",
        roles=frozenset({Role.OFFICER}),
        unit="county",
        token_hash=token_hash("secret"),
        active_to=NOW,
    )
    directory = Directory(units=DIRECTORY.units, principals=(clerk,))
    actor = directory.actor_with(token_hash("secret"), NOW - timedelta(seconds=1))
    assert actor is not None
    assert actor.sees("tax")
    assert directory.actor_with(token_hash("guess"), NOW) is None


def test_who_has_left_acts_no_more() -> None:
    gone = Principal(
        id="li", name="李", roles=frozenset(), token_hash=token_hash("secret"), active_to=NOW
    )
    assert Directory(principals=(gone,)).actor_with(token_hash("secret"), NOW) is None


def test_a_role_may_do_what_its_row_says_and_no_more() -> None:
    device = Actor("kiosk-1", frozenset({Role.DEVICE}))
    device.demand(Action.SUBMIT_RATING)
    with pytest.raises(NotAllowed):
        device.demand(Action.CLOSE_MONTH)


def test_every_action_has_a_row() -> None:
    assert set(MAY) == set(Action)
    assert all(MAY.values())


def test_an_entry_counts_from_its_first_instant_up_to_its_last() -> None:
    unit = Unit(id="u", name="u", active_from=NOW, active_to=NOW + timedelta(days=1))
    assert [unit.active(NOW + timedelta(days=day)) for day in (-1, 0, 1)] == [False, True, False]


def test_what_moved_is_found_as_it_was_at_the_time_and_listed_as_it_is_last() -> None:
    before, after = (
        Window(id="w", name="w", hall="h", unit="tax", active_to=NOW),
        Window(id="w", name="w", hall="h", unit="land", active_from=NOW),
    )
    directory = Directory(windows=(after, before))
    assert directory.window_periods["w"] == (before, after)
    assert active_at(directory.window_periods, "w", NOW - timedelta(seconds=1)) is before
    assert active_at(directory.window_periods, "w", NOW) is after
    assert active_at(directory.window_periods, "nowhere", NOW) is None
    assert directory.window == {"w": after}


def test_between_two_periods_there_is_nothing() -> None:
    day = timedelta(days=1)
    shut, opened = (
        Window(id="w", name="w", hall="h", unit="tax", active_to=NOW),
        Window(id="w", name="w", hall="h", unit="tax", active_from=NOW + 2 * day),
    )
    known = Directory(windows=(shut, opened)).window_periods
    assert [active_at(known, "w", NOW + n * day) for n in (-1, 1, 2)] == [shut, None, opened]


@pytest.mark.parametrize(
    ("opens", "closes", "at", "open"),
    [
        ("09:00", "17:00", "08:59", False),
        ("09:00", "17:00", "09:00", True),
        ("09:00", "17:00", "17:29", True),
        ("09:00", "17:00", "17:31", False),
        ("00:00", "00:00", "03:00", True),
        ("20:00", "06:00", "02:00", True),
        ("20:00", "06:00", "12:00", False),
        ("14:00", "23:50", "00:10", True),
    ],
)
def test_the_hours_are_those_of_the_device(opens: str, closes: str, at: str, open: bool) -> None:
    hours = time.fromisoformat(opens), time.fromisoformat(closes)
    device = Device(id="k", name="k", unit="tax", opens=hours[0], closes=hours[1])
    assert device.is_open(time.fromisoformat(at), grace_min=30) is open
