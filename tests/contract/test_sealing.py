"""Keys change while everything goes on. On the real database only: encryption has no fake."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import EncryptionError

from services.adapters.clock import SystemClock
from services.adapters.mongo import Db, connect
from services.adapters.sealing import MASTER_KEY_BYTES, Resealing, Sealer, kms_of, local, resealing
from services.adapters.sealing import sealer as module
from services.adapters.sealing.datakeys import DataKeys, key_of
from services.adapters.sealing.resealing import IN_FLIGHT, PLACES
from services.errors import Conflict, Misconfigured, NotFound
from tests.county import press

pytestmark = pytest.mark.integration
MASTER, LATER = os.urandom(MASTER_KEY_BYTES), os.urandom(MASTER_KEY_BYTES)
RATER = {"name": "王小明", "phone": "13800001234"}


@pytest.fixture
def db(indexed: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[Db]:
    """An empty real database, of which a step of a pass takes little."""
    monkeypatch.setattr(resealing, "AT_ONCE", 10)
    yield indexed
    for name in indexed.list_collection_names():
        indexed[name].delete_many({})


@pytest.fixture
def sealer(db: Db) -> Sealer:
    """Somebody who seals, from the first data key on."""
    made = Sealer(db, MASTER)
    made.ensure_key()
    return made


def beside(db: Db, master: bytes = MASTER) -> Sealer:
    """Another process."""
    other = Sealer(db, master)
    other.ensure_key()
    return other


def generations(sealer: Sealer) -> list[int]:
    """Which data keys there are."""
    return [each.generation for each in sealer.keys.all()]


def test_whoever_starts_first_makes_the_one_data_key(db: Db, sealer: Sealer) -> None:
    sealed = sealer.seal(RATER)
    assert RATER["phone"].encode() not in sealed
    assert beside(db).open(sealed) == RATER
    assert generations(sealer) == [1]


def test_a_new_data_key_is_taken_up_by_running_processes_and_the_old_one_still_opens(
    db: Db, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, before = beside(db), sealer.seal(RATER)
    sealer.rotate()
    assert running.newest.generation == 1
    monkeypatch.setattr(module, "TAKEN_UP_S", 0.0)
    after = running.seal(RATER)
    assert key_of(after) == sealer.newest.id != key_of(before)
    assert running.open(before) == running.open(after) == sealer.open(after) == RATER


def test_the_edge_goes_on_with_the_key_it_has_while_the_database_is_away(
    db: Db, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = connect("mongodb://127.0.0.1:9", db.name)
    monkeypatch.setattr(module, "TAKEN_UP_S", 0.0)
    monkeypatch.setattr(module, "GLANCE_S", 0.05)
    monkeypatch.setattr(sealer, "keys", DataKeys(away))
    assert sealer.open(sealer.seal(RATER)) == RATER
    away.client.close()


def test_of_two_who_rotate_at_once_one_makes_the_key_for_both(db: Db, sealer: Sealer) -> None:
    other = beside(db)
    other.rotate()
    sealer._make(2)
    assert sealer.rotate().generation == 3
    assert generations(other) == [1, 2, 3]


def test_a_service_with_the_wrong_master_key_says_so_at_its_start(db: Db, sealer: Sealer) -> None:
    with pytest.raises(Misconfigured, match="cannot be made or opened"):
        Sealer(db, LATER).ensure_key()


def test_the_master_key_is_changed_while_old_and_new_processes_go_on(
    db: Db, sealer: Sealer
) -> None:
    sealed = sealer.seal(RATER)
    with pytest.raises(EncryptionError):
        Sealer(db, LATER).open(sealed)
    between = Sealer(db, local(LATER, MASTER))
    between.ensure_key()
    assert between.open(sealed) == RATER
    sealer.rotate()
    wrapped_by = between.rewrap()
    assert {each.wrapped_by for each in between.keys.all()} == {wrapped_by}
    assert sealer.open(between.seal(RATER)) == RATER
    assert beside(db, LATER).open(sealed) == RATER
    with pytest.raises(EncryptionError):
        Sealer(db, MASTER).open(sealed)


def kept(db: Db, sealer: Sealer) -> dict[str, Any]:
    """Something sealed in every place, as services keep it."""
    one = sealer.seal(RATER)
    carried = press(rating_id="q", sealed=one).model_dump_json()
    db["ratings"].insert_many(
        [{"_id": f"r{n}", "sealed": one if n % 2 else None} for n in range(50)]
    )
    db["quarantine"].insert_one({"_id": "q", "sealed": sealer.seal({"text": carried})})
    db["quarantine"].insert_one({"_id": "s", "sealed": sealer.seal({"text": '{"sealed":"AAAA"}'})})
    for name in ("objections", "sessions"):
        db[name].insert_one({"_id": "x", "sealed": one})
    for name, field in PLACES[3:5]:
        db[name].insert_one({"_id": "x", field: [{"sealed": one, "n": 1}, {"sealed": one}]})
    return {"text": carried}


def resealed(db: Db, sealer: Sealer, after: timedelta = timedelta()) -> Resealing:
    """A whole pass."""
    passing, now = Resealing(db, sealer), SystemClock().now() + after
    passing.begin(now)
    while passing.step(now):
        pass
    return passing


def test_everything_is_sealed_anew_down_to_what_a_quarantined_message_carries(
    db: Db, sealer: Sealer
) -> None:
    kept(db, sealer)
    old = sealer.newest.id
    sealer.rotate()
    progress = resealed(db, sealer).progress()
    assert progress
    assert (progress.resealed, progress.missed) == (25 + 2 + 2 + 2, 0)
    found = [
        ciphertext
        for name, field in PLACES
        for each in db[name].find({field: {"$ne": None}})
        for ciphertext in (
            [x["sealed"] for x in each[field]]
            if name in {"device_keys", "subscriptions"}
            else [each[field]]
        )
    ]
    assert old not in {key_of(each) for each in found}
    row = db["quarantine"].find_one({"_id": "q"}) or {}
    again = type(press()).model_validate_json(sealer.open(row["sealed"])["text"])
    assert key_of(again.sealed or b"") == sealer.newest.id
    assert sealer.open(again.sealed or b"") == RATER
    assert resealed(db, sealer).progress().resealed == 0  # type: ignore[union-attr]


def test_a_pass_goes_on_after_a_restart_and_beside_another_replica(db: Db, sealer: Sealer) -> None:
    kept(db, sealer)
    sealer.rotate()
    first, now = Resealing(db, sealer), SystemClock().now()
    begun = first.begin(now)
    assert first.step(now)
    second = Resealing(db, beside(db))
    assert second.begin(now + timedelta(hours=1)).begun_at == begun.begun_at
    while first.step(now) and second.step(now):
        pass
    assert all(
        sealer.open(each["sealed"]) == RATER
        for each in db["ratings"].find({"sealed": {"$ne": None}})
    )
    assert {key_of(each["sealed"]) for each in db["ratings"].find({"sealed": {"$ne": None}})} == {
        sealer.newest.id
    }


def test_what_is_written_while_it_is_sealed_anew_is_left_and_counted(
    db: Db, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    db["ratings"].insert_one({"_id": "r", "sealed": sealer.seal(RATER)})
    sealer.rotate()
    seal = sealer.seal

    def erased_meanwhile(fields: Any) -> bytes:
        db["ratings"].update_one({"_id": "r"}, {"$unset": {"sealed": ""}})
        return seal(fields)

    monkeypatch.setattr(sealer, "seal", erased_meanwhile)
    progress = resealed(db, sealer).progress()
    assert progress
    assert progress.missed == 1
    assert "sealed" not in (db["ratings"].find_one({"_id": "r"}) or {})


def test_a_key_is_destroyed_only_when_nothing_can_need_it(db: Db, sealer: Sealer) -> None:
    kept(db, sealer)
    old, now = sealer.seal(RATER), SystemClock().now()
    passing = Resealing(db, sealer)
    with pytest.raises(NotFound):
        passing.retire(7, now)
    with pytest.raises(Conflict, match="rotate first"):
        passing.retire(1, now)
    sealer.rotate()
    resealed(db, sealer)
    with pytest.raises(Conflict, match="may wait on the bus"):
        passing.retire(1, now)
    later = IN_FLIGHT + timedelta(hours=1)
    with pytest.raises(Conflict, match="reseal once more"):
        passing.retire(1, now + later)
    resealed(db, sealer, later).retire(1, now + later)
    assert generations(sealer) == [2]
    with pytest.raises(EncryptionError):
        beside(db).open(old)


def test_a_data_key_from_before_they_had_numbers_is_the_first(db: Db, tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(MASTER)
    plain = Sealer(db, kms_of({"HAOPING_MASTER_KEY_FILE": str(file)}))
    plain.keys.declare()
    plain._encryption.create_data_key("local", key_alt_names=["rater"])
    plain.ensure_key()
    assert generations(plain) == [1]
    assert plain.rotate().generation == 2
    assert b64decode(b64encode(plain.seal(RATER)))[1:17].hex() == plain.newest.id
