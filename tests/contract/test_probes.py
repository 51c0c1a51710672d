"""Probes go the whole way and count nowhere, on the fake and on the real database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done
from services.contracts.vocabulary import Level
from services.store.quarantine import Quarantine
from services.store.repository import PROBES_KEPT, Ratings
from services.store.whereabouts import whereabouts
from tests.contract.test_storing import store
from tests.county import NOON, press


def told(db: Db, rating_id: str, by: str = "hall") -> tuple[str, str]:
    """Status and detail of a probe."""
    found = whereabouts(rating_id, by, Ratings(db), Quarantine(db))
    return found.status, found.detail


@pytest.mark.parametrize("level", list(Level))
def test_a_probe_is_kept_beside_the_ratings_and_nothing_follows(db: Db, level: Level) -> None:
    assert store(db, press(rating_id="p", level=level, probe=True)) == [Done()]
    for collection in ("ratings", "quarantine", "touched"):
        assert db[collection].count_documents({}) == 0
    [kept] = db["probes"].find()
    assert "outbox" not in kept
    assert told(db, "p")[0] == "probe_passed"
    assert told(db, "p", "kiosk-1")[0] == "not_seen_yet"


def test_a_probe_that_would_be_refused_says_why(db: Db) -> None:
    store(db, press(rating_id="p", window="w9", probe=True))
    status, detail = told(db, "p")
    assert status == "probe_refused"
    assert "w9 is not in the registry" in detail
    assert db["quarantine"].count_documents({}) == 0


def test_a_press_beside_a_probe_is_stored(db: Db) -> None:
    probe, real, lost = press(probe=True), press(), press(window="w9")
    assert store(db, probe, real, lost) == [Done()] * 3
    assert [each["rating_id"] for each in db["ratings"].find()] == [real.rating_id]
    assert [each["_id"] for each in db["quarantine"].find()] == [lost.rating_id]


def test_probes_do_not_pile_up(db: Db) -> None:
    for number in range(PROBES_KEPT + 3):
        at = NOON + timedelta(seconds=number)
        store(db, press(rating_id=f"p{number}", probe=True, received_at=at))
    store(db, press(rating_id="bad", level=1, probe=True))
    assert db["probes"].count_documents({}) == PROBES_KEPT + 1
    assert told(db, "p0")[0] == "not_seen_yet"
    assert {told(db, f"p{number}")[0] for number in range(3, PROBES_KEPT + 3)} == {"probe_passed"}


def test_probes_on_several_paths_do_not_hide_each_other(db: Db) -> None:
    for id in ("by http", "by link"):
        store(db, press(rating_id=id, probe=True))
    assert {told(db, id)[0] for id in ("by http", "by link")} == {"probe_passed"}
