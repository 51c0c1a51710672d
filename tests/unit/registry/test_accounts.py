"""An account: a password for one use, then one's own; locked by people, never by failures."""

from __future__ import annotations

from datetime import timedelta

from services.registry.accounts import MOST_BROWSERS, ONE_TIME_LASTS, Account
from tests.county import NOON

NOBODYS = Account(person="li")
LATER = NOON + timedelta(days=100)


def test_nobody_has_a_password_by_default() -> None:
    assert NOBODYS.password is None
    assert not NOBODYS.knows(None, NOON)


def test_a_given_password_has_to_be_changed_and_ends_unused() -> None:
    given = NOBODYS.given("hash", NOON)
    assert given.must_change(NOON, None)
    assert not given.ended(NOON)
    assert given.ended(NOON + ONE_TIME_LASTS)
    chosen = given.chosen("own", NOON)
    assert not chosen.must_change(LATER, None)
    assert not chosen.ended(LATER)


def test_a_password_gets_old_only_where_the_installation_says_so() -> None:
    chosen = NOBODYS.chosen("own", NOON)
    assert not chosen.must_change(LATER, timedelta(days=101))
    assert chosen.must_change(LATER, timedelta(days=100))


def test_locking_keeps_the_password_and_says_by_whom() -> None:
    locked = NOBODYS.chosen("own", NOON).lock("admin", NOON)
    assert (locked.locked, locked.locked_by) == (True, "admin")
    assert (locked.unlock().locked, locked.unlock().password) == (False, "own")


def test_browsers_are_known_for_a_while_and_the_oldest_are_let_go() -> None:
    account = NOBODYS
    for number in range(MOST_BROWSERS + 1):
        account = account.seen_in(f"b{number}", None, NOON)
    assert not account.knows("b0", NOON)
    assert account.knows("b1", NOON)
    assert not account.knows("b1", NOON + timedelta(days=181))
    again = account.seen_in("new", "b1", NOON)
    assert not again.knows("b1", NOON)
    assert len(again.browsers) == MOST_BROWSERS


def test_whoever_leaves_leaves_nothing_that_opens_anything() -> None:
    account = NOBODYS.chosen("own", NOON).seen_in("b", None, NOON)
    left = account.forgotten()
    assert (left.password, left.browsers, left.version) == (None, (), account.version + 1)
