"""What the watch looks at, on the fake and on the real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.adapters.devices import COLLECTION as RINGS
from services.adapters.mongo import Db
from services.capture.devices import HeartbeatForm
from services.capture.repository import Heartbeats
from services.contracts.directory import Device, Directory
from services.contracts.keyring import Key, Ring
from services.contracts.vocabulary import Channel
from services.store.counting import PACES
from services.store.watching import Watching
from tests.contract.test_marking import sweep
from tests.contract.test_storing import store
from tests.county import DIRECTORY, NOON, RULES, press

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KIOSKS = tuple(Device(id=f"kiosk-{n}", name=f"{n}号", unit="land") for n in (1, 2, 3))
TOWN = Directory(units=DIRECTORY.units, windows=DIRECTORY.windows, devices=KIOSKS)


@pytest.fixture
def watching(db: Db) -> Watching:
    """A look at noon."""
    return Watching(db, TOWN, RULES, NOON)


def enrolled(db: Db, device: str, keys: int = 1) -> None:
    """Give a device its key ring."""
    key = Key(sealed=b"sealed", issued_at=datetime.now(UTC))
    ring = Ring(device=device, epoch=1, keys=(key,) * keys)
    db[RINGS].insert_one({"_id": device, **ring.model_dump()})


def beat(db: Db, device: str, at: datetime, depth: int = 0, epoch: int = 1) -> None:
    """A device says how it is."""
    form = HeartbeatForm(epoch=epoch, last_sequence=9, outbox_depth=depth, version="1")
    Heartbeats(db).keep(device, form, at)


def test_ratings_are_counted_by_channel_and_local_hour(db: Db, watching: Watching) -> None:
    presses = [press(channel="qr", level=level) for level in (5, 5, 1)]
    store(db, *presses, press(pressed_at=NOON - 27 * DAY), press(pressed_at=NOON - 28 * DAY))
    figures = {each.channel: each for each in watching.look().channels}
    qr, tablet = figures[Channel.QR], figures[Channel.TABLET]
    assert (qr.ratings, qr.bad, qr.today, qr.last) == (3, 1, 3, NOON)
    assert tablet.ratings == 1


def test_a_day_that_is_over_is_counted_once(db: Db, watching: Watching) -> None:
    store(db, press(pressed_at=NOON - 9 * DAY), press(pressed_at=NOON - 2 * DAY), press())
    assert watching.look().channels == watching.look().channels
    kept = {each["_id"] for each in db[PACES].find()}
    assert (NOON - 9 * DAY).date().isoformat() in kept
    assert kept.isdisjoint((NOON - n * DAY).date().isoformat() for n in range(4))
    assert len(kept) == 24
    store(db, press(), press(pressed_at=NOON - 2 * DAY))
    [tablet] = [each for each in watching.look().channels if each.ratings]
    assert tablet.ratings == 5


def rated(db: Db, at: datetime) -> int:
    """How many ratings a look at this moment finds."""
    return sum(each.ratings for each in Watching(db, TOWN, RULES, at).look().channels)


def test_an_hour_is_counted_again_when_somebody_has_pressed_in_it_since(db: Db) -> None:
    store(db, press(pressed_at=NOON - 3 * HOUR))
    assert rated(db, NOON) == 1
    store(db, press(pressed_at=NOON - 3 * HOUR), press(pressed_at=NOON - 4 * HOUR))
    sweep(db)
    assert rated(db, NOON) == 3


def test_a_press_at_home_is_counted_after_as_long_again_as_it_was_late(db: Db) -> None:
    at_home = {"channel": "mobile", "pressed_at": NOON - 4 * HOUR + timedelta(minutes=1)}
    store(db, press(**at_home))
    assert rated(db, NOON) == 1
    store(db, press(**at_home))
    assert rated(db, NOON + 3 * HOUR + timedelta(minutes=1)) == 2


def test_before_the_first_hour_of_a_day_is_over_its_presses_are_counted(db: Db) -> None:
    midnight = datetime(2020, 3, 5, tzinfo=RULES.region.zone)
    store(db, press(pressed_at=midnight + timedelta(minutes=1)), press(pressed_at=midnight - HOUR))
    assert rated(db, midnight + timedelta(minutes=2)) == 2


def test_a_day_that_is_over_is_counted_once_more_whatever_was_counted_before(db: Db) -> None:
    at_home = {"channel": "mobile", "pressed_at": NOON}
    store(db, press(**at_home))
    assert rated(db, NOON + HOUR) == 1
    store(db, press(**at_home))
    assert rated(db, NOON + 4 * DAY) == 2
    assert db["pace_hours"].count_documents({"_id": {"$lt": "2020-03-05T16"}}) == 0


def test_only_devices_that_have_a_key_are_missed(db: Db, watching: Watching) -> None:
    for device, keys in (("kiosk-1", 1), ("kiosk-2", 0), ("elsewhere", 1)):
        enrolled(db, device, keys)
    told = watching.look()
    silent = [each.subject for each in told.findings if each.kind == "device_silent"]
    assert (silent, told.devices_expected, told.devices_heard) == (["kiosk-1"], 1, 0)


def test_a_heartbeat_or_a_press_breaks_the_silence(db: Db, watching: Watching) -> None:
    for device in ("kiosk-1", "kiosk-2", "kiosk-3"):
        enrolled(db, device)
    beat(db, "kiosk-1", NOON - DAY)
    beat(db, "kiosk-2", NOON)
    store(db, press(device="kiosk-1", epoch=1, sequence=1, submitted_by="kiosk-1"))
    silent = [each.subject for each in watching.look().findings if each.kind == "device_silent"]
    assert silent == ["kiosk-3"]


def test_the_newest_epoch_says_how_the_outbox_is(db: Db, watching: Watching) -> None:
    enrolled(db, "kiosk-1")
    for depth in (1, 5, 9, 20):
        beat(db, "kiosk-1", NOON, depth)
    growing = [each for each in watching.look().findings if each.kind == "outbox_growing"]
    assert [each.subject for each in growing] == ["kiosk-1"]
    assert "1, 5, 9, 20" in growing[0].detail
    beat(db, "kiosk-1", NOON, 0, epoch=2)
    later = replace(watching, now=NOON)
    assert all(each.kind != "outbox_growing" for each in later.look().findings)


def test_of_many_heartbeats_the_newest_depths_are_kept(db: Db) -> None:
    for depth in range(25):
        beat(db, "kiosk-1", NOON, depth)
    [kept] = db["heartbeats"].find()
    assert kept["depths"] == list(range(15, 25))
