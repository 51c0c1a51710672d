"""What older versions stored is brought up to date, once through and once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.adapters.migrating import AGAIN_AFTER, Migration, advance
from services.adapters.mongo import Db
from services.store import migrations
from services.store.migrations import MIGRATIONS

NOW = datetime(2026, 11, 28, tzinfo=UTC)
[MIGRATION] = MIGRATIONS


def old_rating(number: int, level: int = 1) -> dict[str, Any]:
    """A rating and, of a bad one, its case, as a version before this one kept them."""
    return {"_id": f"r{number:03}", "level": level, "day": "2020-03-05"}


@pytest.fixture
def old(db: Db, monkeypatch: pytest.MonkeyPatch) -> Db:
    """Seven bad ratings and a good one of an older version; a step mends three."""
    monkeypatch.setattr(migrations, "AT_ONCE", 3)
    db["ratings"].insert_many([*(old_rating(n) for n in range(7)), old_rating(8, level=5)])
    db["cases"].insert_many({"_id": f"c{n:03}", "rating_key": f"r{n:03}"} for n in range(7))
    return db


def lacking(db: Db) -> int:
    """How many dissatisfied ratings cannot be listed by their day."""
    return db["ratings"].count_documents({"level": 1, "dissatisfied_day": None})


def through(db: Db, now: datetime) -> int:
    """Go on until there is nothing to do; how many steps it took."""
    steps = 0
    while advance(db, MIGRATION, now):
        steps += 1
    return steps


def test_dissatisfied_ratings_of_an_older_version_get_their_day(old: Db) -> None:
    assert through(old, NOW) == 3
    assert lacking(old) == 0
    good = old["ratings"].find_one({"_id": "r008"}) or {}
    assert "dissatisfied_day" not in good


def test_one_that_was_interrupted_goes_on_where_it_was(old: Db) -> None:
    advance(old, MIGRATION, NOW)
    assert lacking(old) == 4
    assert through(old, NOW) == 2
    assert lacking(old) == 0


def test_what_an_old_replica_left_behind_is_mended_a_day_later(old: Db) -> None:
    through(old, NOW)
    old["ratings"].insert_one(old_rating(9))
    old["cases"].insert_one({"_id": "c009", "rating_key": "r009"})
    assert through(old, NOW + timedelta(hours=1)) == 0
    assert lacking(old) == 1
    through(old, NOW + AGAIN_AFTER)
    assert lacking(old) == 0
    assert through(old, NOW + 3 * AGAIN_AFTER) == 0


def test_two_replicas_may_do_the_same_step(old: Db) -> None:
    twice = Migration(
        MIGRATION.name, lambda db, place: (MIGRATION.step(db, place), MIGRATION.step(db, place))[0]
    )
    while advance(old, twice, NOW):
        pass
    assert lacking(old) == 0
