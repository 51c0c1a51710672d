"""The registry as a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.adapters.settings import token_hash
from services.contracts.actor import MAY, Action, Actor, Role
from services.contracts.directory import Directory, Principal, Unit
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
