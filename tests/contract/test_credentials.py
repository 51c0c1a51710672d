"""What opens the registry to people, on the fake and on the real database."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from services.adapters.ledger import AUDIT
from services.adapters.mongo import Db
from services.adapters.passwords import Hasher
from services.adapters.settings import token_hash
from services.contracts.actor import Role
from services.contracts.tokens import IssuedToken
from services.errors import Conflict, TooMany
from services.registry.accounts import Account
from services.registry.credentials import Accounts, FailedTries, Tokens, end_all
from services.registry.founding import first_administrator
from services.registry.lockout import ACCOUNT, Failures
from services.registry.queueing import counted
from services.registry.repository import Registries
from tests.county import DIRECTORY, NOON

KEY = bytes(32)

ENDS = NOON + timedelta(days=90)


def token(secret: str, principal: str = "li", **fields: object) -> IssuedToken:
    """A token of an officer, issued at noon."""
    said = {"kind": "api", "name": "报表", "roles": {Role.OFFICER}, "issued_by": "admin"}
    whole = {**said, "issued_at": NOON, "expires_at": ENDS, **fields}
    return IssuedToken.model_validate({"hash": token_hash(secret), "principal": principal, **whole})


def test_an_account_is_kept_as_it_was_changed_and_nobody_else_has_one(db: Db) -> None:
    accounts = Accounts(db)
    assert accounts.get("li") == Account(person="li")
    kept = accounts.change("li", lambda account: account.given("hash", NOON))
    kept = accounts.change("li", lambda account: account.seen_in("b", None, NOON))
    assert accounts.get("li") == kept
    assert accounts.all() == {"li": kept}
    assert accounts.of(["wu", "li"]) == [kept]


def test_of_two_who_change_an_account_at_once_neither_change_is_lost(db: Db) -> None:
    accounts = Accounts(db)
    accounts.change("li", lambda account: account.chosen("own", NOON))
    overtaken = [True]

    def locking(account: Account) -> Account:
        if overtaken.pop() if overtaken else False:
            accounts.change("li", lambda other: other.seen_in("b", None, NOON))
        return account.lock("admin", NOON)

    accounts.change("li", locking)
    kept = accounts.get("li")
    assert (kept.locked, kept.knows("b", NOON), kept.version) == (True, True, 3)


def test_whoever_is_always_overtaken_gives_up(db: Db) -> None:
    accounts = Accounts(db)

    def slow(account: Account) -> Account:
        accounts.change("li", lambda other: other.chosen("own", NOON))
        return account.lock("admin", NOON)

    with pytest.raises(Conflict):
        accounts.change("li", slow)
    assert not accounts.get("li").locked


def test_of_two_tries_at_the_same_moment_both_count(db: Db) -> None:
    failures = FailedTries(db)
    failures.change("account:li", lambda kept: kept.tried(ACCOUNT, NOON))
    overtaken = [True]

    def tried(kept: Failures) -> Failures:
        if overtaken.pop() if overtaken else False:
            failures.change("account:li", lambda other: other.tried(ACCOUNT, NOON))
        return kept.tried(ACCOUNT, NOON)

    failures.change("account:li", tried)
    assert failures.get("account:li").count == 3


def test_a_try_whose_turn_was_used_up_meanwhile_is_not_counted(db: Db) -> None:
    failures = FailedTries(db)
    turn = partial(counted, pace=ACCOUNT, now=NOON)
    for _ in range(ACCOUNT.free):
        failures.change("account:li", turn)
    with pytest.raises(TooMany) as told:
        failures.change("account:li", turn)
    assert told.value.extra["retry_after_s"] == 30
    assert failures.get("account:li").count == ACCOUNT.free


def test_a_token_is_found_by_the_beginning_of_its_hash_and_by_no_pattern(db: Db) -> None:
    tokens, kept = Tokens(db), token("secret")
    tokens.issue(kept)
    tokens.issue(token("of a session", kind="session", roles=None))
    assert tokens.find(kept.id) == kept
    assert tokens.find(token_hash("secret")) == kept
    for wrong in ("", kept.id[:-1], "." * 16, "$gt" * 8, f"{kept.id[:-1]}g"):
        assert tokens.find(wrong) is None
    assert "secret" not in str(list(db["tokens"].find()))


def test_tokens_are_listed_newest_first_by_principal_and_kind(db: Db) -> None:
    tokens = Tokens(db)
    first, second = token("1"), token("2", issued_at=NOON + timedelta(hours=1))
    session, other = token("3", kind="session", roles=None), token("4", principal="wu")
    for each in (first, second, session, other):
        tokens.issue(each)
    assert tokens.listed("li", "api") == [second, first]
    assert tokens.listed("li", "session") == [session]
    assert len(tokens.listed(None, None)) == 4


def test_a_revoked_token_opens_nothing_and_says_by_whom_it_was_ended_first(db: Db) -> None:
    tokens, kept = Tokens(db), token("1")
    tokens.issue(kept)
    assert kept.opens(NOON)
    assert not kept.opens(ENDS)
    assert tokens.revoke(kept.hash, "first", NOON)
    assert not tokens.revoke(kept.hash, "second", ENDS)
    ended = tokens.find(kept.id)
    assert ended is not None
    assert (ended.opens(NOON), ended.revoked_by) == (False, "first")


def test_ending_sessions_leaves_the_tokens_of_machines_alone(db: Db) -> None:
    tokens, machine = Tokens(db), token("1")
    session = token("2", kind="session", roles=None)
    for each in (machine, session):
        tokens.issue(each)
    tokens.end_sessions("li", "li", NOON)
    assert [each.opens(NOON) for each in tokens.listed("li", "api")] == [True]
    assert [each.opens(NOON) for each in tokens.listed("li", "session")] == [False]


def test_whoever_leaves_takes_password_and_tokens_along_and_nobody_elses(db: Db) -> None:
    accounts, tokens = Accounts(db), Tokens(db)
    for person in ("li", "wu"):
        accounts.change(person, lambda account: account.chosen("own", NOON))
        tokens.issue(token(person, principal=person))
    end_all(db, {"li", "never there"}, "admin", NOON)
    assert [accounts.get(each).password for each in ("li", "wu")] == [None, "own"]
    assert [tokens.listed(each, None)[0].opens(NOON) for each in ("li", "wu")] == [False, True]
    end_all(db, (), "admin", NOON)


def test_the_first_administrator_needs_the_database_and_no_second_one_gets_in_so(db: Db) -> None:
    Registries(db).replace(DIRECTORY, "admin")
    given = first_administrator(db, KEY, "an", "安管理", NOON)
    account = Accounts(db).get("an")
    assert account.must_change(NOON, None)
    assert Hasher().fits(account.password, given.password)
    assert Registries(db).current().principal["an"].roles == {Role.ADMINISTRATOR}
    [told] = db[AUDIT].find()
    assert (told["actor"], told["object"]) == ("console", "an")
    assert {"field": "roles", "old": None, "new": ["administrator"]} in told["changes"]
    with pytest.raises(Conflict, match="an administrator already"):
        first_administrator(db, KEY, "wu", "吴", NOON)
    assert "wu" not in Registries(db).current().principal


def test_an_empty_installation_gets_its_first_administrator_under_a_free_id(db: Db) -> None:
    first_administrator(db, KEY, "an", "安管理", NOON)
    assert Registries(db).current().version == 1
    Registries(db).replace(DIRECTORY.model_copy(update={"version": 2}), "admin")
    with pytest.raises(Conflict, match="somebody else"):
        first_administrator(db, KEY, "hall", "大厅", NOON)
