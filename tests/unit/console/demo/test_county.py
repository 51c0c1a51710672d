"""The synthetic county holds together and can play every part of the story."""

from __future__ import annotations

import hashlib

from services.console.demo.county import build
from services.contracts.actor import MAY, Action, Role
from services.registry.tree import check


def test_the_registry_takes_the_county() -> None:
    check(build().directory)


def test_only_hashes_of_tokens_go_into_the_registry() -> None:
    county = build()
    sent = county.directory.model_dump_json()
    assert county.tokens
    for token in county.tokens.values():
        assert token not in sent
        assert hashlib.sha256(token.encode()).hexdigest() in sent


def test_tokens_are_made_anew_each_time() -> None:
    assert set(build().tokens.values()).isdisjoint(build().tokens.values())


def test_each_unit_has_an_officer_and_an_approver_who_sit_at_no_window() -> None:
    county = build()
    for office in county.offices:
        for role in (Role.OFFICER, Role.APPROVER):
            (person,) = county.directory.people(role, office.id)
            assert person.window is None


def test_who_sits_at_a_window_may_see_its_grouped_results_and_nothing_else() -> None:
    county = build()
    clerks = [each for each in county.directory.principals if each.window]
    assert len(clerks) == len(county.directory.windows)
    assert all(clerk.roles == {Role.CLERK} for clerk in clerks)
    assert {action for action, roles in MAY.items() if Role.CLERK in roles} == {
        Action.READ_OWN_WINDOW,
        Action.STATE_FOR_WINDOW,
    }


def test_the_county_says_that_it_is_synthetic() -> None:
    (root,) = [unit for unit in build().directory.units if unit.parent is None]
    assert "合成" in root.name
