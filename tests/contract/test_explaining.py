"""Months explained, compared, supposed and reported."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.contracts.rules import Rules
from services.errors import NotFound
from services.score.forms import Reported
from services.score.proof import PAGE, Proof
from services.score.reports import report
from services.score.repository import Tallies
from services.score.whatif import Supposition, what_if
from tests.unit.score.october import (
    INDEX,
    LATE,
    LONG_AFTER,
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
    RECIPES,
    RULES,
    rating,
    store,
    touch,
)


def proof(db: Db, unit: str, key: str, now: datetime = LONG_AFTER) -> Proof:
    """A figure of October taken apart, long after."""
    return Proof(scorer(db, now), "2026-10", unit, INDEX, key)


def entries(db: Db, unit: str, key: str) -> list[Any]:
    """Everything that a figure is counted from."""
    found: list[Any] = []
    cursor = None
    while True:
        page = proof(db, unit, key).page(cursor)
        found += page["entries"]
        cursor = page["next"]
        if cursor is None:
            return found


def test_the_ids_behind_a_published_figure_alone_give_its_digit(db: Db) -> None:
    an_october(
        db, pressed("bad", 1), pressed("append", 1, turn=2), pressed("out", 1, standing="invalid")
    )
    db["cases"].insert_one(a_case(submitted_at=at(11, 1)))
    shown = line(published(db))
    store(db, pressed("late", 1, stored_at=at(12, 2)))
    decision = {"command_id": "c", "standing": "invalid", "at": at(11, 20)}
    db["ratings"].update_one(
        {"_id": "bad"}, {"$set": {"standing": "invalid", "decisions": [decision]}}
    )
    for key in ("good_rate", "bad_rate", "service_quality", "rectified_rate"):
        behind, printed = entries(db, "tax", key), figure(shown, key)
        above = sum(each["numerator"] for each in behind)
        below = sum(each["denominator"] for each in behind)
        assert (f"{above}", f"{below}") == (printed["numerator"], printed["denominator"])
    ids = {each["id"] for each in entries(db, "tax", "good_rate")}
    assert ids == {f"g{n}" for n in range(40)} | {"bad"}
    for key in ("good_rate", "hall_reach", "item_coverage"):
        assert proof(db, "tax", key).again()["agrees"]


def test_what_is_left_out_of_a_figure_is_named_with_the_reason(db: Db) -> None:
    an_october(
        db,
        pressed("append", 1, turn=2),
        pressed("out", 1, standing="invalid"),
        pressed("call", 1, channel="phone"),
    )
    left = {
        each["id"]: each["left_out"]
        for each in proof(db, "tax", "good_rate", at(11, 3)).page(None)["left_out"]
    }
    assert set(left) == {"append", "out", "call"}
    assert "two people" in left["out"]
    assert "append" in left["append"]
    assert "phone" in left["call"]


def test_a_rating_that_was_joined_to_the_unit_after_the_cut_off_was_not_behind_its_figure(
    db: Db,
) -> None:
    an_october(db)
    shown = figure(line(published(db)), "good_rate")
    units = {"before": {"unit": "land"}, "after": {"unit": "tax"}}
    store(db, pressed("joined", links=[{"at": at(11, 20), **units}]))
    ids = {each["id"] for each in entries(db, "tax", "good_rate")}
    assert "joined" not in ids
    assert f"{len(ids)}" == shown["denominator"]
    assert proof(db, "tax", "good_rate").again()["agrees"]


@pytest.mark.parametrize("unit", ["tax", "county", "region"])
def test_a_rating_that_was_joined_to_another_unit_after_the_cut_off_still_is_behind_the_figure(
    db: Db, unit: str
) -> None:
    an_october(db, pressed("moved", item=None))
    published(db)
    now: Any = {"unit": "land", "item": "i2"}
    link = {"at": at(11, 20), "before": {"unit": "tax", "item": None}, "after": now}
    db["ratings"].update_one({"_id": "moved"}, {"$set": {**now, "links": [link]}})
    ids = {each["id"] for each in entries(db, unit, "good_rate")}
    assert ids == {f"g{n}" for n in range(40)} | {"moved"}
    for key in ("good_rate", "item_coverage"):
        assert proof(db, unit, key).again()["agrees"]
    assert entries(db, "land", "good_rate") == []


def test_errands_behind_participation_are_named_as_they_stood(db: Db) -> None:
    errand = {
        "unit": "tax",
        "window": "w1",
        "stage": "completed",
        "day": "2026-10-08",
        "reached_at": at(10, 8),
        "promised_by": None,
        "stored_at": at(10, 8),
    }
    db["errands"].insert_many([{"_id": f"s:{n}:completed:1", **errand} for n in range(40)])
    touch(db, ("2026-10-08", "tax"))
    an_october(db, *(pressed(f"s:{n}:completed:1:1", day=9) for n in range(30)))
    shown = figure(line(published(db)), "participation_rate")
    assert shown["printed"] == "75.00%"
    store(db, pressed("s:39:completed:1:1", stored_at=at(12, 1)))
    behind = entries(db, "tax", "participation_rate")
    assert (sum(e["numerator"] for e in behind), len(behind)) == (30, 40)
    assert proof(db, "tax", "participation_rate").again()["agrees"]


@pytest.mark.parametrize("key", ["participation_rate", "unrated_rate", "on_time_rate"])
def test_an_errand_that_is_gone_from_behind_a_figure_is_missed_when_it_is_counted_again(
    db: Db, key: str
) -> None:
    when = dict.fromkeys(("reached_at", "promised_by", "stored_at"), at(10, 8))
    here = {"unit": "tax", "window": "w1", "stage": "completed", "day": "2026-10-08"}
    db["errands"].insert_many([{"_id": f"s:{n}:completed:1", **here, **when} for n in range(40)])
    touch(db, ("2026-10-08", "tax"))
    an_october(db)
    published(db)
    assert proof(db, "tax", key).again()["agrees"]
    db["errands"].delete_one({"_id": "s:7:completed:1"})
    again = proof(db, "tax", key).again()
    assert (again["again"]["denominator"], again["agrees"]) == ("39", False)


def test_a_day_busier_than_a_page_is_told_on_two_by_unit_and_by_region(db: Db) -> None:
    busy = [pressed(f"b{n:03}", day=5) for n in range(PAGE + 20)]
    an_october(db, *busy, rating("2026-10-05", "land", _id="elsewhere"))
    first = proof(db, "tax", "good_rate").page(None)
    assert len(first["entries"]) == PAGE
    for unit, count in (("tax", 40 + len(busy)), ("region", 41 + len(busy))):
        ids = [each["id"] for each in entries(db, unit, "good_rate")]
        assert (len(ids), len(set(ids))) == (count, count)


def test_a_figure_is_taken_apart_under_the_sample_that_its_index_asks_for(db: Db) -> None:
    an_october(db)
    asking = [RECIPES[INDEX].model_copy(update={"min_sample": 100})]
    there = scorer(db, at(11, 3), recipes=asking)
    shown = figure(line(there.page("2026-10", INDEX, lambda unit: True)), "good_rate")
    apart = Proof(there, "2026-10", "tax", INDEX, "good_rate")
    assert shown["printed"] == apart.page(None)["figure"]["printed"] == "样本不足"
    assert apart.again()["figure"]["printed"] == "样本不足"


def test_an_unknown_figure_is_refused(db: Db) -> None:
    with pytest.raises(NotFound):
        proof(db, "tax", "happiness").page(None)


def test_why_a_unit_moved_adds_up_exactly_over_its_terms(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    september = [rating(f"2026-09-{n % 28 + 1:02}", "tax", _id=f"s{n}") for n in range(35)]
    store(db, *september, rating("2026-09-03", "land", 1))
    Tallies(db).recompute()
    told = scorer(db, at(11, 3)).compare("2026-10", None, INDEX, lambda unit: True)
    assert (told["before"]["period"], told["after"]["period"]) == ("2026-09", "2026-10")
    for each in (told["region"], *told["units"]):
        parts = [Fraction(term["change"]["exact"]) for term in each["terms"]]
        assert sum(parts) == Fraction(each["change"]["exact"])
        for term in each["terms"]:
            split = Fraction(term["by_value"]["exact"]) + Fraction(term["by_weight"]["exact"])
            assert split == Fraction(term["change"]["exact"])
    assert told["units"][0]["change"]["printed"].startswith("-")


def suppose(db: Db, **told: Any) -> Any:
    """What if."""
    return what_if(scorer(db, at(11, 3)), "2026-10", Supposition(**told), named, lambda unit: True)


def named(name: str) -> Rules:
    """Rules that are harsher: 基本满意 is bad, and others count deadlines another way."""
    assert name == "harsh"
    harsh = RULES.levels.model_copy(update={"bad": frozenset({1, 2, 3})})
    deadlines = RULES.deadlines.model_copy(update={"pause_cap_days": 1})
    return RULES.model_copy(update={"levels": harsh, "deadlines": deadlines})


def test_what_if_the_rules_were_others_stands_beside_what_is(db: Db) -> None:
    an_october(db, *(pressed(f"m{n}", 3) for n in range(10)))
    told = suppose(db, rules="harsh")
    assert Fraction(told["region"]["change"]["exact"]) < 0
    assert {each["rule"] for each in told["not_recounted"]} == {"deadlines"}
    assert board(db)["region"]["counts"]["ratings"]["bad"] == 0


def test_what_if_the_index_were_another(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    text = """
id: haochaping-composite
version: 2
name: 只看好评率
of: 10
source: test
terms:
  - {indicator: good_rate, weight: 10, scale: {kind: linear, zero_at: 0%, target: 100%}}
"""
    told = suppose(db, recipe=text)
    assert (told["before"]["index"], told["after"]["index"]) == (
        "haochaping-composite v1",
        "haochaping-composite v2",
    )
    assert told["region"]["after"]["score"]["exact"] == f"{Fraction(400, 41)}"


def test_what_if_the_index_were_one_that_came_later(db: Db) -> None:
    an_october(db)
    told = suppose(db, other="efficiency-index")
    assert told["before"]["index"] == "haochaping-composite v1"
    assert told["after"]["index"] == "efficiency-index v1"


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "html"])
def test_a_report_has_every_unit_and_says_under_what(db: Db, form: Any) -> None:
    an_october(db, pressed("bad", 1))
    asked = Reported(format=form)
    kind, body = report(scorer(db, at(11, 3)), "2026-10", asked, lambda unit: True)
    assert body
    assert ("json" in kind) is (form == "json")
    if form != "xlsx":
        assert "国土北所" in body.decode()


def test_in_a_report_medians_are_printed_as_their_indicators_are(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    asked = Reported(format="html")
    _, body = report(scorer(db, at(11, 3)), "2026-10", asked, lambda unit: True)
    found = re.findall(r"<td>(好评率|差评率|政务服务质量)<td>([^<]+)<td>2", body.decode())
    assert found == [("好评率", "97.56%"), ("差评率", "2.44%"), ("政务服务质量", "9.75")]


def test_in_a_report_points_with_their_rounding_are_the_score_and_changes_those_of_scores(
    db: Db,
) -> None:
    an_october(db, pressed("bad", 1))
    store(db, *(rating(f"2026-09-{n % 28 + 1:02}", _id=f"s{n}") for n in range(37)))
    Tallies(db).recompute()
    before, after = (board(db, key) for key in ("2026-09", "2026-10"))
    _, body = report(scorer(db, at(11, 3)), "2026-10", Reported(format="csv"), lambda unit: True)
    rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    tax = next(row for row in rows if row["机构编码"] == "tax")
    terms = [term["name"] for term in line(after)["terms"]]
    parts = [Decimal(tax[name].split(" / ")[0]) for name in terms]
    assert sum(parts, Decimal(tax["取整尾差"])) == Decimal(tax["得分"])
    was, now = (Decimal(line(page)["score"]["printed"]) for page in (before, after))
    assert Decimal(tax["较上期"]) == now - was


def test_a_report_of_a_revision_gives_the_reasons_of_that_revision(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    published(db)
    decision = {"command_id": "c", "standing": "invalid", "at": at(11, 8)}
    db["ratings"].update_one(
        {"_id": "bad"}, {"$set": {"standing": "invalid", "decisions": [decision]}}
    )
    touch(db, ("2026-10-20", "tax"))
    closer(db, at(11, 9)).revise("2026-10", LATE, "li")
    for key, reasons in (("2026-10@1", ["110"]), ("2026-10@2", []), ("2026-10", [])):
        asked = Reported(format="json")
        _, body = report(scorer(db, LONG_AFTER), key, asked, lambda unit: True)
        assert [each["tag"] for each in json.loads(body)["tags"]] == reasons
