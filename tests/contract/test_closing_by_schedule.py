"""Months that close by themselves on their day, on the fake and the real database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.contracts.directory import Device, Unit
from services.errors import Conflict
from services.score.closing import Closing
from services.score.months import MonthState, NotClear
from services.score.repository import Tallies
from services.score.shelf import Months
from tests.unit.score.october import (
    OCTOBER,
    a_case,
    an_october,
    at,
    closer,
    pressed,
    published,
)
from tests.unit.score.town import (
    DIRECTORY,
    rating,
    store,
)


def by_schedule(db: Db, now: datetime) -> Any:
    """What the scheduled job closes."""
    return closer(db, now).close_due()


def test_the_scheduled_job_closes_last_month_once_on_its_day(db: Db) -> None:
    an_october(db)
    assert by_schedule(db, at(11, 9)) is None
    closed = by_schedule(db, at(11, 10))
    told = tuple(closed[name] for name in ("period", "closed_by", "accepted", "settlement"))
    assert told == ("2026-10", "schedule", [], None)
    assert by_schedule(db, at(11, 10)) is None
    assert by_schedule(db, at(11, 11)) is None
    assert Months(db).get("2026-10").version == 1


def test_the_scheduled_job_closes_a_month_that_a_case_kept_open_for_longer_than_the_next(
    db: Db,
) -> None:
    an_october(db, pressed("bad", 1, 31))
    db["cases"].insert_one(a_case(rectify_due_at=at(12, 15)))
    store(db, rating("2026-11-20"))
    Tallies(db).recompute()
    assert by_schedule(db, at(11, 30)) is None
    assert by_schedule(db, at(12, 9)) is None
    assert by_schedule(db, at(12, 10))["period"] == "2026-11"
    assert by_schedule(db, at(12, 11)) is None
    db["cases"].update_one({}, {"$set": {"submitted_at": at(12, 14)}})
    assert by_schedule(db, at(12, 14))["period"] == "2026-10"
    assert by_schedule(db, at(12, 14)) is None


def test_the_scheduled_job_proposes_the_settlement_of_the_month_before_too(db: Db) -> None:
    an_october(db)
    published(db)
    store(db, pressed("late", 1), rating("2026-11-20"))
    Tallies(db).recompute()
    told = by_schedule(db, at(12, 10))
    assert (told["period"], told["settlement"]["period"]) == ("2026-11", "2026-10")


def test_two_replicas_of_the_scheduled_job_close_a_month_once(db: Db) -> None:
    an_october(db)
    one, other = closer(db, at(11, 10)), closer(db, at(11, 10))
    state = other.scorer.months.get("2026-10")
    assert one.close_due() is not None
    with pytest.raises(Conflict):
        other._close(OCTOBER, state, Closing(), "schedule")
    assert other.close_due() is None
    assert Months(db).get("2026-10").version == 1


def test_the_scheduled_job_waits_for_what_is_not_clear_and_for_a_month_with_anything(
    db: Db,
) -> None:
    assert by_schedule(db, at(11, 12)) is None
    an_october(db)
    db["quarantine"].insert_one({"_id": "q", "state": "open"})
    assert by_schedule(db, at(11, 12)) is None
    assert Months(db).get("2026-10").state is MonthState.OPEN
    db["quarantine"].update_one({}, {"$set": {"state": "closed"}})
    assert by_schedule(db, at(11, 12)) is not None


def test_the_scheduled_job_does_not_wait_for_what_was_gone_before_the_month_began(db: Db) -> None:
    an_october(db)
    heard = {"seen_at": at(9, 1), "outbox_depth": 0}
    for device in ("scrapped", "still there"):
        db["device_keys"].insert_one({"_id": device, "epoch": 1})
        db["heartbeats"].insert_one({"_id": f"{device}:1", "device": device, **heard})
    gone = {"name": "—", "active_to": at(9, 2)}
    dissolved = Unit(id="old county", peers="counties", **gone)
    scrapped = Device(id="scrapped", unit="tax", **gone)
    later = DIRECTORY.model_copy(
        update={"units": (*DIRECTORY.units, dissolved), "devices": (scrapped,)}
    )
    with pytest.raises(NotClear) as raised:
        closer(db, at(11, 10), directory=later).close("2026-10", Closing(), "li")
    [told] = raised.value.extra["checks"]
    assert (told["name"], told["named"]) == ("silent_devices", ("still there",))
    db["heartbeats"].update_one({"device": "still there"}, {"$set": {"seen_at": at(11, 2)}})
    assert closer(db, at(11, 10), directory=later).close_due() is not None
