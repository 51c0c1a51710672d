"""People keep their tokens, whatever else changes in the registry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.errors import NotFound
from services.registry.forms import public
from services.registry.people import keeping_tokens, with_person, with_token
from tests.county import DIRECTORY, NOON

OFFICER = frozenset({Role.OFFICER})


def person(id: str, hash: str | None = None) -> Principal:
    """An officer."""
    return Principal(id=id, name=id, roles=OFFICER, token_hash=hash)


def hashes(directory: Directory) -> dict[str, str | None]:
    """Everybody's token hash."""
    return {each.id: each.token_hash for each in directory.principals}


def test_putting_back_what_was_read_keeps_every_token() -> None:
    assert keeping_tokens(public(DIRECTORY), DIRECTORY) == DIRECTORY


def test_a_hash_that_is_given_is_taken() -> None:
    wanted = Directory(version=1, principals=(person("hall", "new"), person("li", "first")))
    assert hashes(keeping_tokens(wanted, DIRECTORY)) == {"hall": "new", "li": "first"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.none() | st.text("xyz", min_size=1)))
def test_nobody_loses_a_token_or_gets_anothers(held: dict[str, str | None]) -> None:
    current = Directory(principals=tuple(person(id, hash) for id, hash in held.items()))
    wanted = Directory(principals=tuple(person(id) for id in reversed("abcdefg")))
    kept = hashes(keeping_tokens(wanted, current))
    assert kept == {id: held.get(id) for id in "abcdefg"}


def test_changing_one_person_leaves_the_others_and_the_token() -> None:
    changed = person("hall").model_copy(update={"name": "新大厅系统"})
    following = with_person(DIRECTORY, changed)
    assert following.version == DIRECTORY.version + 1
    assert hashes(following) == hashes(DIRECTORY)
    assert [each.name for each in following.principals] == ["评价器", "新大厅系统"]


def test_a_new_person_has_no_token_until_one_is_given() -> None:
    registered = with_person(DIRECTORY, person("li"))
    assert hashes(registered)["li"] is None
    given_one = with_token(registered, "li", "secret")
    assert given_one.actor_with("secret", NOON) is not None
    assert hashes(with_token(given_one, "li", None)) == hashes(registered)


def test_a_new_token_ends_the_one_before() -> None:
    first = with_token(with_person(DIRECTORY, person("li")), "li", "one")
    second = with_token(first, "li", "two")
    assert second.actor_with("one", NOON) is None
    assert second.actor_with("two", NOON) is not None


def test_nobody_unknown_gets_a_token() -> None:
    with pytest.raises(NotFound):
        with_token(DIRECTORY, "stranger", "secret")
