"""Who tries to sign in, and what a try is counted on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.registry.accounts import Account
from services.registry.identifying import (
    Try,
    counted_on,
    name_counted,
    person_called,
    signs_in,
    vouched_for,
)
from services.registry.lockout import ACCOUNT
from tests.county import NOON

OFFICER = frozenset({Role.OFFICER})
LI = Principal(id="Li-Na", name="李娜", roles=OFFICER, oidc_subject="sub-1")
WU = Principal(id="wu", name="吴", roles=OFFICER)
DIRECTORY = Directory(principals=(LI, WU))


def attempt(name: str, address: str = "203.0.113.7", browser: str | None = None) -> Try:
    """A try at noon."""
    return Try(name, address, browser, NOON)


@given(st.sampled_from(["li-na", "LI-NA", " Li-na ", "ｌＩ-na"]))
def test_a_name_in_another_letter_case_is_the_same_account_and_the_same_count(name: str) -> None:
    assert person_called(DIRECTORY, name) == LI
    account = Account(person="Li-Na")
    assert counted_on(attempt(name), account) == counted_on(attempt("li-na"), account)


def test_where_only_the_letter_case_tells_two_apart_they_share_a_count_but_no_account() -> None:
    both = Directory(principals=(LI, LI.model_copy(update={"id": "li-na"})))
    assert [person_called(both, name) and name for name in ("Li-Na", "li-na", "LI-NA")] == [
        "Li-Na",
        "li-na",
        None,
    ]


def test_a_name_that_is_nobodys_is_counted_like_any_other() -> None:
    assert person_called(DIRECTORY, "nobody") is None
    assert set(counted_on(attempt("nobody"), Account(person=""))) == {
        name_counted("NOBODY"),
        "address:203.0.113.7",
    }


@pytest.mark.parametrize("address", ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"])
def test_all_addresses_that_one_host_can_take_in_its_network_are_one(address: str) -> None:
    assert "address:2001:db8:1:2::/64" in counted_on(attempt("wu", address), Account(person="wu"))


def test_what_was_typed_for_a_name_is_kept_nowhere_for_it_may_be_a_password() -> None:
    names = counted_on(attempt("korrekt pferd batterie"), Account(person=""))
    assert not any("pferd" in each for each in names)


def test_a_browser_of_the_owners_counts_where_no_stranger_can_reach() -> None:
    account = Account(person="wu").seen_in("known", None, NOON)
    own = counted_on(attempt("WU", browser="known"), account)
    assert own == {"browser:wu:known": ACCOUNT}
    assert not own.keys() & counted_on(attempt("wu", browser="stolen"), account).keys()


def test_people_sign_in_while_they_count_and_machines_never() -> None:
    assert signs_in(WU, NOON)
    gone = WU.model_copy(update={"active_to": NOON - timedelta(days=1)})
    machine = WU.model_copy(update={"roles": frozenset({Role.SYSTEM, Role.DEVICE})})
    without = WU.model_copy(update={"roles": frozenset()})
    assert not any(signs_in(each, NOON) for each in (gone, machine, without))


def test_a_provider_means_whom_the_registry_names_by_subject_or_by_the_claim_it_trusts() -> None:
    assert vouched_for(DIRECTORY, {"sub": "sub-1"}, "") == LI
    assert vouched_for(DIRECTORY, {"sub": "x", "account": "wu"}, "account") == WU
    assert vouched_for(DIRECTORY, {"sub": "x", "account": "wu"}, "") is None
    assert vouched_for(DIRECTORY, {"sub": "wu"}, "account") is None
    assert vouched_for(DIRECTORY, {}, "account") is None


def test_whoever_has_a_subject_is_never_found_by_a_claim_that_others_may_set() -> None:
    assert vouched_for(DIRECTORY, {"sub": "other", "account": "Li-Na"}, "account") is None
