"""Key rings, heartbeats and counts of devices, on the fake and on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.adapters.mongo import Db
from services.capture.devices import HeartbeatForm
from services.capture.repository import Heartbeats
from services.contracts.keyring import Ring
from services.contracts.sequence import rating_id
from services.registry.enrolment import enrolled, rotated, with_code
from services.registry.repository import Keyrings
from services.store.counted import Counted
from services.store.quarantine import Quarantine, Row
from tests.contract.test_storing import store
from tests.county import NOON, linked, press

NOW = datetime(2026, 3, 5, 4, tzinfo=UTC)


def counted(sequence: int, epoch: int = 1, **fields: object) -> dict[str, object]:
    """The fields of a press that kiosk-1 counted."""
    id = str(rating_id("kiosk-1", epoch, sequence))
    return {
        "device": "kiosk-1",
        "epoch": epoch,
        "sequence": sequence,
        "rating_id": id,
        **fields,
    }


def test_a_ring_comes_back_as_it_was_kept(db: Db) -> None:
    rings = Keyrings(db)
    ring = with_code(rings.get("kiosk-1"), "hash", "admin", NOW)
    assert rings.keep(ring)
    assert rings.with_code("hash") == rings.get("kiosk-1") == ring
    ring = enrolled(ring, b"sealed", NOW)
    assert rings.keep(ring)
    assert rings.get("kiosk-1") == ring
    assert rings.keep(rotated(ring, b"next", "m1", NOW))
    assert rings.get("kiosk-1").sealed_keys(NOW) == (b"sealed", b"next")


def test_a_code_that_was_used_is_found_no_more(db: Db) -> None:
    rings = Keyrings(db)
    ring = with_code(rings.get("kiosk-1"), "hash", "admin", NOW)
    rings.keep(ring)
    rings.keep(enrolled(ring, b"sealed", NOW))
    assert rings.with_code("hash") is None


def test_of_two_who_use_the_same_code_at_once_one_is_told(db: Db) -> None:
    rings = Keyrings(db)
    rings.keep(with_code(rings.get("kiosk-1"), "hash", "admin", NOW))
    ring = rings.get("kiosk-1")
    assert rings.keep(enrolled(ring, b"mine", NOW))
    assert not rings.keep(enrolled(ring, b"yours", NOW))
    assert rings.get("kiosk-1").sealed_keys(NOW) == (b"mine",)


def test_of_two_first_codes_at_once_one_is_told(db: Db) -> None:
    rings, empty = Keyrings(db), Ring(device="kiosk-1")
    assert rings.keep(with_code(empty, "mine", "admin", NOW))
    assert not rings.keep(with_code(empty, "yours", "admin", NOW))


def test_gaps_quarantine_and_repeats_are_told_apart(db: Db) -> None:
    first = press(**counted(1))
    store(db, first, press(**counted(3, window="nowhere")), press(**counted(6)))
    store(db, first.model_copy(update={"receipt": "again"}))
    store(db, press(**counted(6, fingerprint="other", receipt="forged")))
    store(db, press(rating_id="not counted", device="kiosk-1"))
    store(db, linked("A1"), linked("A1", **counted(7)))
    [epoch] = Counted(db).report("kiosk-1", 1).epochs
    assert (epoch.stored, epoch.lowest, epoch.highest) == (2, 1, 6)
    assert (epoch.missing, epoch.missing_count) == ([(2, 2), (4, 5)], 3)
    assert (epoch.in_quarantine, epoch.set_aside) == ([(3, 3)], [(7, 7)])
    assert (epoch.repeats.resends, epoch.repeats.other_content) == (1, [(6, 6)])


def test_a_press_that_nobody_could_read_is_in_quarantine_unless_it_was_forged(db: Db) -> None:
    """Over MQTT a refused form ends as a dead letter, under its id if that could be read."""
    store(db, press(**counted(1)), press(**counted(4)))
    ids = [str(rating_id("kiosk-1", 1, number)) for number in (2, 3)]
    rows = [
        Row(id, reason, "/level", b"sealed", "letter", "RatingForm")
        for id, reason in zip(ids, ("malformed", "forged"), strict=True)
    ]
    Quarantine(db).file(rows, NOON)
    [epoch] = Counted(db).report("kiosk-1", 1).epochs
    assert (epoch.in_quarantine, epoch.missing) == ([(2, 2)], [(3, 3)])


def test_one_count_under_two_errands_is_named(db: Db) -> None:
    """Nobody presses one face for two errands: the device was cloned, or its count forged."""
    store(db, linked("A1", **counted(1)), linked("A2", **counted(1)))
    [epoch] = Counted(db).report("kiosk-1", 1).epochs
    assert (epoch.stored, epoch.repeats.doubled) == (1, [(1, 1)])


def test_a_row_that_was_mended_counts_as_stored(db: Db) -> None:
    store(db, press(**counted(1, window="nowhere")))
    store(db, press(**counted(1)))
    [epoch] = Counted(db).report("kiosk-1", 1).epochs
    assert (epoch.stored, epoch.in_quarantine, epoch.missing) == (1, [], [])


def test_each_epoch_keeps_its_last_heartbeat_and_never_forgets_a_sequence(db: Db) -> None:
    heartbeats = Heartbeats(db)
    for epoch, last, depth in ((1, 9, 2), (1, 8, 1), (2, 4, 4)):
        told = {"epoch": epoch, "last_sequence": last, "outbox_depth": depth, "version": "1"}
        form = HeartbeatForm.model_validate(told)
        heartbeats.keep("kiosk-1", form, NOON + timedelta(minutes=depth))
    epochs = Counted(db).report("kiosk-1", 2).epochs
    assert [each.tail and each.tail.numbers for each in epochs] == [(1, 9), (1, 4)]
    assert [each.heartbeat and each.heartbeat.outbox_depth for each in epochs] == [1, 4]
    assert epochs[1].heartbeat is not None
    assert epochs[1].heartbeat.seen_at == NOON + timedelta(minutes=4)


def test_of_a_device_that_nobody_heard_of_there_is_nothing(db: Db) -> None:
    store(db, press(**counted(1)))
    assert Counted(db).report("kiosk-2", 0).epochs == []
