"""A token in the database: looked up each time, and known on while the database is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from services.adapters.settings import token_hash
from services.adapters.tokens import COLLECTION, IssuedTokens
from services.contracts.tokens import API, PREFIX, SESSION, IssuedToken, new_token
from services.registry.credentials import Tokens
from tests.county import NOON
from tests.fake import fake_database

HASH = token_hash("haoping_t_secret")


class Line:
    """The way to a database, which can be cut."""

    def __init__(self) -> None:
        self.database, self.cut = fake_database(), False

    @property
    def db(self) -> Any:
        """The database, unless the line is cut."""
        if self.cut:
            raise ServerSelectionTimeoutError("away")
        return self.database


@pytest.fixture
def line() -> Line:
    """A database with one token."""
    made = Line()
    token = IssuedToken(
        hash=HASH,
        principal="hall",
        kind="api",
        name="大厅",
        issued_by="admin",
        issued_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    Tokens(made.database).issue(token)
    return made


@pytest.fixture
def issued(line: Line) -> IssuedTokens:
    """The tokens as a service reads them."""
    made = IssuedTokens()
    made.connection = line  # type: ignore[assignment]
    return made


def test_what_is_revoked_is_obeyed_at_the_next_use(line: Line, issued: IssuedTokens) -> None:
    found = issued.find(HASH)
    assert found is not None
    assert found.opens(NOON)
    Tokens(line.database).revoke(HASH, "admin", NOON)
    again = issued.find(HASH)
    assert again is not None
    assert not again.opens(NOON)
    line.database[COLLECTION].delete_many({})
    assert issued.find(HASH) is None


def test_while_the_database_is_away_what_was_seen_goes_on_and_nothing_else(
    line: Line, issued: IssuedTokens
) -> None:
    known = issued.find(HASH)
    line.cut = True
    assert issued.find(HASH) == known
    with pytest.raises(ServerSelectionTimeoutError):
        issued.find(token_hash("never seen"))


def test_a_token_that_had_ended_before_stays_ended_while_the_database_is_away(
    line: Line, issued: IssuedTokens
) -> None:
    Tokens(line.database).revoke(HASH, "admin", NOON)
    issued.find(HASH)
    line.cut = True
    found = issued.find(HASH)
    assert found is not None
    assert not found.opens(NOON)


def test_tokens_are_told_from_others_and_never_the_same() -> None:
    made = {new_token(kind) for kind in (SESSION, API) for _ in range(100)}
    assert len(made) == 200
    assert all(each.startswith(PREFIX) and len(each) > 50 for each in made)
