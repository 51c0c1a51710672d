"""Months closed, published and revised, on the fake and the real database."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from services.adapters.mongo import Db, Document
from services.contracts.directory import Directory, Unit
from services.score.board import REGION
from services.score.closing import Closing, Overtaken
from services.score.happenings import Happenings
from services.score.months import NotClear, NotPublished
from services.score.proof import Proof
from services.score.shelf import Months
from tests.unit.score.october import (
    CLOSES,
    EVERYTHING,
    INDEX,
    LATE,
    LATER,
    OCTOBER,
    a_case,
    an_october,
    at,
    board,
    closer,
    figure,
    line,
    pressed,
    published,
    scorer,
)
from tests.unit.score.town import (
    DIRECTORY,
    RECIPES,
    RULES,
    rating,
    store,
    touch,
)


def test_a_case_opened_on_31_october_and_closed_on_5_november_is_octobers(db: Db) -> None:
    an_october(db, pressed("bad", 1, 31))
    db["cases"].insert_one(a_case())
    shown = line(published(db, at(11, 3)))
    assert shown["counts"]["cases"]["pending"] == 1
    assert figure(shown, "rectified_rate")["state"] == "nothing_due"
    db["cases"].update_one({}, {"$set": {"submitted_at": at(11, 5)}})
    closer(db, at(11, 12)).revise("2026-10", Closing(cause="settlement"), "li")
    revised = board(db)
    assert line(revised)["counts"]["cases"]["done_on_time"] == 1
    assert figure(line(revised), "rectified_on_time_rate")["printed"] == "100.00%"
    [change] = [each for each in revised["differences"] if each["unit"] == "tax"]
    assert change["causes"] == [
        {"what": "cases", "count": 1, "from": "pending", "to": "done_on_time"}
    ]
    november = scorer(db, at(12, 3)).page("2026-11", INDEX, lambda unit: True)
    assert line(november)["counts"]["cases"]["done_on_time"] == 0


def test_an_appeal_upheld_after_publishing_becomes_a_revision_with_its_cause(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    db["cases"].insert_one(a_case(submitted_at=at(11, 1)))
    first = published(db)
    decision = {"command_id": "c", "standing": "invalid", "at": at(11, 8)}
    db["ratings"].update_one(
        {"_id": "bad"}, {"$set": {"standing": "invalid", "decisions": [decision]}}
    )
    db["cases"].update_one({}, {"$set": {"invalidated": True}})
    touch(db, ("2026-10-20", "tax"))
    assert board(db) == first
    told = closer(db, at(11, 9)).revise("2026-10", Closing(cause="an appeal was upheld"), "li")
    assert (told["revision"], told["cause"]) == (2, "an appeal was upheld")
    second = board(db)
    assert board(db, "2026-10@1") == first
    [change] = [each for each in second["differences"] if each["unit"] == "tax"]
    assert [(each["what"], each["count"]) for each in change["causes"]] == [
        ("invalidated", 1),
        ("cases", 1),
    ]
    before, after = (Fraction(line(page)["score"]["exact"]) for page in (first, second))
    assert before + Fraction(change["difference"]) == after
    assert sum(Fraction(term["change"]["exact"]) for term in change["terms"]) == after - before
    assert line(second)["beside"]["invalidated"] == 1


def test_a_press_of_october_received_in_december_is_a_revision_of_october(db: Db) -> None:
    an_october(db)
    published(db)
    came = at(12, 2)
    store(db, pressed("late", 1, received_at=came, stored_at=came))
    told = closer(db, at(12, 3)).revise("2026-10", LATE, "li")
    assert told["published"][-1]["revision"] == 2
    shown = board(db)
    assert line(shown)["counts"]["ratings"]["bad"] == 1
    causes = {each["unit"]: each["causes"] for each in shown["differences"]}
    assert causes["tax"] == [{"what": "late_presses", "count": 1}]
    assert set(causes) == {REGION, "county", "tax"}
    december = scorer(db, at(12, 3)).page("2026-12", INDEX, lambda unit: True)
    assert december["region"]["counts"]["ratings"]["stored"] == 0


def test_after_the_horizon_a_late_press_is_listed_and_not_scored(db: Db) -> None:
    an_october(db)
    published(db)
    came = datetime(2027, 2, 2, tzinfo=UTC)
    store(db, pressed("too late", 1, received_at=came, stored_at=came))
    db["cases"].insert_one(a_case("too late"))
    after = closer(db, datetime(2027, 2, 3, tzinfo=UTC))
    after.revise("2026-10", LATE, "li")
    assert line(board(db))["counts"]["ratings"]["stored"] == 40
    assert line(board(db))["counts"]["cases"] == dict.fromkeys(
        ["done_on_time", "done_late", "overdue_open", "pending", "invalidated"], 0
    )
    assert [each["rating"] for each in after.late("2026-10")["late"]] == ["too late"]


def test_after_the_horizon_a_late_press_leaves_its_errand_unrated_whenever_it_was_pressed(
    db: Db,
) -> None:
    forty_errands(db)
    an_october(db, *(pressed(f"s:{n}:completed:1:1", day=9, errand=errand(n)) for n in range(24)))
    first = published(db)
    came = datetime(2027, 2, 2, tzinfo=UTC)
    late: Any = {"received_at": came, "stored_at": came}
    store(
        db,
        *(pressed(f"s:{n}:completed:1:1", day=9, errand=errand(n), **late) for n in range(24, 39)),
        rating("2027-01-30", _id="s:39:completed:1:1", errand=errand(39), **late),
    )
    touch(db, ("2026-10-08", "tax"))
    after = datetime(2027, 2, 3, tzinfo=UTC)
    closer(db, after).revise("2026-10", LATE, "li")
    assert len(closer(db, after).late("2026-10")["late"]) == 15
    for key, printed in (("participation_rate", "60.00%"), ("unrated_rate", "40.00%")):
        assert [figure(line(page), key)["printed"] for page in (first, board(db))] == [printed] * 2
    assert board(db)["differences"] == []
    for key in ("good_rate", "participation_rate"):
        proof = Proof(scorer(db, after), "2026-10", "tax", INDEX, key)
        behind = proof.page(None)["entries"]
        assert sum(each["numerator"] for each in behind) == (64 if key == "good_rate" else 24)
        assert proof.again()["agrees"]


def test_what_a_month_that_was_first_published_after_its_horizon_counted_stays_scored(
    db: Db,
) -> None:
    came = datetime(2027, 2, 2, tzinfo=UTC)
    an_october(db, pressed("backlog", 1, received_at=came, stored_at=came))
    first = published(db, datetime(2027, 2, 3, tzinfo=UTC))
    assert line(first)["counts"]["ratings"]["stored"] == 41
    after = datetime(2027, 2, 5, tzinfo=UTC)
    store(db, pressed("too late", received_at=after, stored_at=after))
    revising = closer(db, datetime(2027, 2, 6, tzinfo=UTC))
    revising.revise("2026-10", LATE, "li")
    assert line(board(db)) == line(first)
    assert [each["rating"] for each in revising.late("2026-10")["late"]] == ["too late"]


def test_a_revision_tells_a_unit_what_changed_there_and_not_at_its_neighbours(db: Db) -> None:
    an_october(db)
    published(db)
    store(db, pressed("late", 1))
    closer(db, LATER).revise("2026-10", LATE, "li")
    for mine, told in ((("land", "land-north"), [REGION]), (("tax",), [REGION, "tax"])):
        page = scorer(db, LATER).page("2026-10", INDEX, frozenset(mine).__contains__)
        assert [each["unit"] for each in page["differences"]] == told


def test_a_rating_that_left_with_its_errand_is_a_late_press_at_no_unit(db: Db) -> None:
    an_october(db, pressed("moved", 1), pressed("home"))
    published(db)
    store(db, pressed("late", received_at=at(11, 8), stored_at=at(11, 8)))
    for id, unit in (("moved", "land"), ("home", "tax")):
        link = {"at": at(11, 9), "before": {"unit": "tax"}, "after": {"unit": unit}}
        db["ratings"].update_one({"_id": id}, {"$set": {"unit": unit, "links": [link]}})
    touch(db, ("2026-10-20", "tax"), ("2026-10-20", "land"))
    closer(db, LATER).revise("2026-10", LATE, "li")
    causes = {each["unit"]: each["causes"] for each in board(db)["differences"]}
    late, went, came = ({"what": what, "count": 1} for what in ("late_presses", "parted", "joined"))
    assert causes == {REGION: [late], "county": [late], "tax": [late, went], "land": [came]}


def test_an_office_that_moves_takes_no_rating_of_a_published_month_with_it(db: Db) -> None:
    an_october(db, *(at_the_north(f"n{n}", 1 if n < 4 else 5) for n in range(40)))
    first = published(db)
    store(db, pressed("late", received_at=at(12, 1), stored_at=at(12, 1)))
    moved = DIRECTORY.units[-1].model_copy(update={"parent": "tax", "peers": "bureaus"})
    later = directory(*DIRECTORY.units[:-1], moved)
    closer(db, at(12, 2), directory=later).revise("2026-10", LATE, "li")
    shown = board(db)
    for unit in ("land", "land-north"):
        assert line(shown, unit) == line(first, unit)
    assert line(shown)["counts"]["ratings"]["stored"] == 41
    causes = {each["unit"]: each["causes"] for each in shown["differences"]}
    late = [{"what": "late_presses", "count": 1}]
    assert causes == {REGION: late, "county": late, "tax": late}
    november = scorer(db, at(12, 2), directory=later).page("2026-11", INDEX, lambda unit: True)
    assert line(november, "land-north")["peers"] == "bureaus"


def test_an_office_that_was_registered_late_enters_a_published_month_by_name(db: Db) -> None:
    an_october(db, *(at_the_north(f"n{n}") for n in range(40)))
    closer(db, CLOSES, directory=directory(*DIRECTORY.units[:-1])).close(
        "2026-10", EVERYTHING, "li"
    )
    closer(db, CLOSES).publish("2026-10", "li")
    assert line(board(db), "land")["counts"]["ratings"]["stored"] == 0
    south = DIRECTORY.units[-1].model_copy(update={"id": "land-south"})
    closer(db, LATER, directory=directory(*DIRECTORY.units, south)).revise("2026-10", LATE, "li")
    assert line(board(db), "land")["counts"]["ratings"]["stored"] == 40
    causes = {each["unit"]: each["causes"] for each in board(db)["differences"]}
    entered = [{"what": "registry", "count": 1}]
    assert causes == {"county": entered, "land": entered, "land-north": entered}


def at_the_north(id: str, level: int = 5) -> Document:
    """A rating of October at the northern land office."""
    return {**pressed(id, level), "unit": "land-north"}


def directory(*units: Unit) -> Directory:
    """The town's registry with these units."""
    return Directory(units=units, windows=DIRECTORY.windows, items=DIRECTORY.items)


def forty_errands(db: Db) -> None:
    """Forty errands that were completed at the tax office on 8 October."""
    here = {"unit": "tax", "window": "w1", "stage": "completed", "promised_by": None}
    when = {"day": "2026-10-08", "reached_at": at(10, 8), "stored_at": at(10, 8)}
    db["errands"].insert_many([{"_id": errand(n)["key"], **here, **when} for n in range(40)])
    touch(db, ("2026-10-08", "tax"))


def errand(number: int) -> dict[str, str]:
    """What a rating keeps of one of them."""
    return {"key": f"s:{number}:completed:1", "day": "2026-10-08"}


def test_closing_a_month_proposes_the_settlement_of_the_one_before(db: Db) -> None:
    an_october(db)
    published(db)
    assert closer(db, at(12, 2)).close("2026-11", EVERYTHING, "li")["settlement"] is None
    store(db, pressed("late", 1))
    told = closer(db, at(12, 3)).close("2026-11", EVERYTHING, "li")["settlement"]
    assert (told["period"], told["units"]) == ("2026-10", ["county", "region", "tax"])
    assert board(db)["revision"] == 1


def test_only_what_was_published_is_revised(db: Db) -> None:
    an_october(db)
    with pytest.raises(NotPublished):
        closer(db, at(11, 3)).revise("2026-10", LATE, "li")


def test_a_revision_that_is_sent_twice_is_published_once(db: Db) -> None:
    an_october(db)
    published(db)
    once = LATE.model_copy(update={"after": 1})
    assert closer(db, LATER).revise("2026-10", once, "li")["revision"] == 2
    with pytest.raises(Overtaken):
        closer(db, LATER).revise("2026-10", once, "li")
    assert [each.revision for each in Months(db).get("2026-10").published] == [1, 2]


def test_of_two_who_close_at_once_one_is_refused_and_leaves_nothing_behind(db: Db) -> None:
    an_october(db)
    slow = closer(db, at(11, 3))
    seen = slow.scorer.months.get("2026-10")
    closer(db, at(11, 3)).close("2026-10", EVERYTHING, "li")
    kept = {each["_id"] for each in db["month_snapshots"].find()}
    with pytest.raises(Overtaken):
        slow._close(OCTOBER, seen, EVERYTHING, "wang")
    assert {each["_id"] for each in db["month_snapshots"].find()} == kept


def test_every_check_is_told_and_accepted_by_name(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    db["cases"].insert_one(a_case())
    db["quarantine"].insert_one({"_id": "q", "state": "open"})
    db["device_keys"].insert_many([{"_id": "silent", "epoch": 1}, {"_id": "well", "epoch": 1}])
    db["heartbeats"].insert_one(
        {"_id": 1, "device": "well", "seen_at": at(11, 1), "outbox_depth": 0}
    )
    everyone = RECIPES["county-appraisal"].model_copy(update={"peers": ("offices",)})
    options: dict[str, Any] = {"recipes": [RECIPES[INDEX], everyone], "in_flight": 3}
    with pytest.raises(NotClear) as raised:
        closer(db, at(11, 3), **options).close("2026-10", Closing(), "li")
    told = {each["name"]: each for each in raised.value.extra["checks"]}
    assert {name: each["found"] for name, each in told.items()} == {
        "in_flight": 3,
        "quarantine": 1,
        "undecided": 1,
        "silent_devices": 1,
        "imports": 8,
    }
    assert told["silent_devices"]["named"] == ("silent",)
    assert "land-north: online_rate" in told["imports"]["named"]
    accepted = closer(db, at(11, 3), **options).close("2026-10", Closing(accept=tuple(told)), "li")
    assert set(accepted["accepted"]) == set(told)


def test_a_device_that_still_keeps_presses_is_not_yet_well(db: Db) -> None:
    beat = {"device": "d", "seen_at": at(11, 2)}
    db["heartbeats"].insert_one({"_id": 1, **beat, "outbox_depth": 4})
    ends = OCTOBER.ends(RULES.region.zone)
    assert Happenings(db).silent(ends) == ["d"]
    db["heartbeats"].update_one({}, {"$set": {"outbox_depth": 0}})
    assert Happenings(db).silent(ends) == []


def test_the_snapshot_keeps_the_version_of_rules_index_and_calendar(db: Db) -> None:
    an_october(db)
    shown = published(db)
    assert (shown["rules"], shown["index"]["label"]) == (RULES.label, "haochaping-composite v1")
    assert shown["calendar"].startswith("holidays ")
