"""One suite, two databases: what holds for the fake must hold for the real one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from services.adapters.mongo import Db, connect, ensure_indexes
from services.console.stack import Stack
from services.rectify.repository import INDEXES as RECTIFY
from services.score.repository import INDEXES as SCORE
from services.store.repository import INDEXES as STORE
from tests.contract.desk import Store
from tests.fake import fake_database


@pytest.fixture(scope="session")
def indexed(stack: Stack) -> Iterator[Db]:
    """A real database with the indexes of every service."""
    name = f"contract_{uuid.uuid4().hex[:8]}"
    real = connect(stack.mongo_uri, name)
    for indexes in (STORE, RECTIFY, SCORE):
        ensure_indexes(real, indexes)
    yield real
    real.client.drop_database(name)
    real.client.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.integration)])
def db(request: pytest.FixtureRequest) -> Iterator[Db]:
    """An empty database for each test, with the indexes of every service."""
    if request.param == "fake":
        yield fake_database(f"contract_{uuid.uuid4().hex[:8]}")
        return
    real: Db = request.getfixturevalue("indexed")
    yield real
    for name in real.list_collection_names():
        real[name].delete_many({})


@pytest.fixture
def store(db: Db) -> Store:
    """An empty store."""
    return Store(db)
