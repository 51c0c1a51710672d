"""Tallies are checked against the ratings, and repaired."""

from __future__ import annotations

from datetime import date, timedelta

from services.adapters.mongo import Db
from services.score.audit import Audits, audit
from services.score.repository import Tallies
from tests.unit.score.october import (
    BAD,
    EVERYTHING,
    OCTOBER,
    an_october,
    at,
    closer,
    pressed,
)
from tests.unit.score.town import rating, store


def test_closing_recounts_only_what_changed_since_it_was_last_confirmed(db: Db) -> None:
    an_october(db)
    told = closer(db, at(11, 3)).close("2026-10", EVERYTHING, "li")
    assert (told["buckets"], told["recounted"]) == (28, 28)
    store(db, pressed("one more", day=3))
    told = closer(db, at(11, 3)).close("2026-10", EVERYTHING, "li")
    assert (told["buckets"], told["recounted"]) == (28, 1)


def test_a_full_check_tells_and_repairs_whatever_differs(db: Db) -> None:
    an_october(db)
    audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD, everything=True)
    db["ratings"].delete_one({"_id": "g0"})
    db["ratings"].insert_one(pressed("untold", day=30))
    assert audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD).differences == ()
    found = audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD, everything=True)
    assert [(each.day, each.had, each.has, each.repaired) for each in found.differences] == [
        ("2026-10-01", 2, 1, True),
        ("2026-10-30", 0, 1, True),
    ]
    again = audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD, everything=True)
    assert again.differences == ()
    assert Tallies(db).cells(OCTOBER.first, OCTOBER.last, None).total() == 40


def test_what_is_being_changed_is_no_difference(db: Db) -> None:
    an_october(db)
    store(db, pressed("on its way"))
    found = audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD, everything=True)
    assert found.differences == ()
    assert not Tallies(db).fresh


def test_a_night_is_checked_once_and_a_dead_replica_is_stood_in_for(db: Db) -> None:
    night, audits = at(11, 3).date(), Audits(db)
    assert audits.claim(night, at(11, 3))
    assert not audits.claim(night, at(11, 3))
    assert audits.claim(night, at(11, 3) + timedelta(hours=3))
    audits.report(night, audit(Tallies(db), OCTOBER.first, OCTOBER.last, BAD, everything=True))
    assert not audits.claim(night, at(11, 4))
    [told] = audits.latest()
    assert (told["night"], told["state"], told["differing"]) == ("2026-11-03", "done", 0)


def test_a_check_of_months_goes_week_by_week_and_tells_everything(db: Db) -> None:
    an_october(db)
    november = [rating(f"2026-11-{n + 1:02}", "land", _id=f"n{n}") for n in range(20)]
    store(db, *november)
    Tallies(db).recompute()
    db["ratings"].delete_many({"_id": {"$in": ["n0", "g5", "n19"]}})
    found = closer(db, at(12, 1)).check(OCTOBER.first, at(11, 30).date())
    assert (found.buckets, found.recounted) == (48, 48)
    assert [(each.day, each.unit) for each in found.differences] == [
        ("2026-10-06", "tax"),
        ("2026-11-01", "land"),
        ("2026-11-20", "land"),
    ]
    assert closer(db, at(12, 1)).nights() == (date(2026, 8, 1), date(2026, 12, 1))
