"""Histories and the anchors of where they ended, on the fake and on the real database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.adapters.anchors import Anchors
from services.adapters.mongo import Db, Document
from services.contracts.anchors import Summary, Top
from services.contracts.rectification import rating_case_id
from services.rectify import desk, hearing
from services.rectify.anchoring import LEDGER, Examiner, anchor_all
from services.rectify.document import slot
from services.rectify.facts import Move
from services.rectify.repository import CASES, Cases
from tests.unit.rectify.county import KEY, RULES, act, actor, bad_rating, office

ID = rating_case_id(KEY, "a")
PART = slot(ID)
EVERYTHING = frozenset({"bureau", "social", "north", "empty"})
DAY, NEXT_DAY = date(2020, 3, 2), date(2020, 3, 3)


@pytest.fixture
def cases(db: Db) -> Cases:
    """A case in the hands of li."""
    cases = Cases(db, KEY, RULES)
    hearing.hear(cases, office(), bad_rating(rating_key="a"))
    moved(cases, Move.CLAIM)
    return cases


def moved(cases: Cases, what: Move, **said: Any) -> None:
    """Li moves the case."""
    before = cases.find(ID)
    assert before is not None
    desk.make_move(cases, office(), actor("li"), ID, act(before.case, "li", what, **said).command)


def anchored(db: Db, cases: Cases, day: date = DAY) -> Summary:
    """The summary of a day."""
    return anchor_all(Anchors(db, KEY, LEDGER), cases, day)


def faults(db: Db, cases: Cases, elsewhere: Summary | None = None) -> list[str]:
    """What is found wrong in the part in which the case lies."""
    examiner = Examiner(KEY, cases, Anchors(db, KEY, LEDGER), EVERYTHING)
    tops = [top for top in elsewhere.tops if top.part == str(PART)] if elsewhere else [None]
    _, found = examiner.part(PART, tops[0])
    return [wrong for _, wrong in found]


def put_back(db: Db, document: Document) -> None:
    """Put a case back as it once was, seal and head and all."""
    db[CASES].replace_one({"_id": document["_id"]}, document)


def test_a_history_that_only_grew_since_it_was_anchored_is_whole(db: Db, cases: Cases) -> None:
    anchored(db, cases)
    moved(cases, Move.VERIFY)
    assert faults(db, cases) == []
    anchored(db, cases, NEXT_DAY)
    assert faults(db, cases) == []


def test_a_history_put_back_as_it_once_was_is_told(db: Db, cases: Cases) -> None:
    before = db[CASES].find_one({"_id": ID}) or {}
    moved(cases, Move.VERIFY)
    put_back(db, before)
    assert faults(db, cases) == [], "without an anchor nobody can know"
    moved(cases, Move.VERIFY)
    anchored(db, cases)
    put_back(db, before)
    (wrong,) = faults(db, cases)
    assert wrong.startswith("3 lines are kept of the 4 that were anchored on 2020-03-02")
    examiner = Examiner(KEY, cases, Anchors(db, KEY, LEDGER), EVERYTHING)
    assert [id for id, _ in examiner.one(ID)] == [ID]


def test_a_history_put_back_and_continued_otherwise_is_told(db: Db, cases: Cases) -> None:
    before = db[CASES].find_one({"_id": ID}) or {}
    moved(cases, Move.VERIFY)
    anchored(db, cases)
    put_back(db, before)
    moved(cases, Move.RETURN, reason="not ours")
    assert faults(db, cases) == ["line 4 is not the one that was anchored on 2020-03-02"]


def test_a_case_that_was_deleted_is_missed(db: Db, cases: Cases) -> None:
    anchored(db, cases)
    db[CASES].delete_one({"_id": ID})
    assert faults(db, cases) == ["the case, anchored on 2020-03-02 with 3 lines, is gone"]


def test_anchors_that_were_edited_or_cut_are_told(db: Db, cases: Cases) -> None:
    anchored(db, cases)
    moved(cases, Move.VERIFY)
    anchored(db, cases, NEXT_DAY)
    first, second = sorted(db["anchors"].find(), key=lambda each: str(each["_id"]))
    db["anchors"].delete_one({"_id": second["_id"]})
    assert faults(db, cases) == ["1 anchors are kept of 2: the last were cut off"]
    db["anchors"].insert_one(second)
    db["anchors"].update_one({"_id": first["_id"]}, {"$set": {"heads.0.version": 2}})
    assert faults(db, cases) == ["the anchors were edited, or one was cut out"]


def test_a_summary_kept_elsewhere_tells_of_what_the_database_lost_altogether(
    db: Db, cases: Cases
) -> None:
    before = db[CASES].find_one({"_id": ID}) or {}
    moved(cases, Move.VERIFY)
    kept_elsewhere = anchored(db, cases)
    put_back(db, before)
    for name in ("anchors", "anchor_days"):
        db[name].delete_many({})
    assert faults(db, cases) == []
    assert faults(db, cases, kept_elsewhere) == ["0 anchors are kept of 1: the last were cut off"]


def test_a_day_is_anchored_once_by_any_number_of_replicas(db: Db, cases: Cases) -> None:
    first, second = anchored(db, cases), anchored(db, cases)
    assert first == second
    assert len(list(db["anchors"].find())) == len(list(db["anchor_days"].find())) == 1
    assert Anchors(db, KEY, LEDGER).has_ended(DAY)
    assert not Anchors(db, KEY, LEDGER).has_ended(NEXT_DAY)


def test_a_day_on_which_nothing_moved_adds_no_anchor(db: Db, cases: Cases) -> None:
    tops = [anchored(db, cases, day).tops for day in (DAY, NEXT_DAY)]
    assert tops[0] == tops[1]
    assert len(list(db["anchors"].find())) == 1


def test_without_the_key_nobody_makes_a_summary(db: Db, cases: Cases) -> None:
    made = anchored(db, cases)
    assert made.is_genuine(KEY)
    assert not made.is_genuine(b"x" * 32)
    (top,) = made.tops
    other = made.model_copy(update={"tops": (Top(part=top.part, number=9, seal=top.seal),)})
    assert not other.is_genuine(KEY)
