"""A change of rules or calendar, on the fake and on the real database; and whole histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db, Document
from services.contracts.rectification import rating_case_id
from services.contracts.rules import Rules
from services.rectify import desk, hearing
from services.rectify.deadlines import basis
from services.rectify.examining import fault
from services.rectify.facts import Case, Move
from services.rectify.rederiving import rederive_open
from services.rectify.rederiving import rederived as step_of
from services.rectify.repository import CASES, Cases
from tests.unit.rectify.county import KEY, MONDAY, RULES, act, actor, bad_rating, changed, office

LATER = MONDAY + timedelta(hours=2)
SHORTER = changed(
    RULES.model_copy(update={"version": 2}),
    deadlines={"rectify": {"ordinary": {"count": 10, "unit": "working_days"}}},
)
CLOSED_ON_FRIDAY = changed(region={"extra_rest_days": {date(2020, 3, 6)}})


def opened(db: Db, number: int = 1, rules: Rules = RULES) -> str:
    """A case that was opened for a bad rating."""
    rating = bad_rating(rating_key=f"n{number}")
    hearing.hear(Cases(db, KEY, rules), office(rules=rules), rating)
    return rating_case_id(KEY, rating.rating_key)


def moved(db: Db, id: str, who: str, what: Move, rules: Rules = RULES, **said: Any) -> Case:
    """The case after somebody's move."""
    cases = Cases(db, KEY, rules)
    before = cases.find(id)
    assert before is not None
    command = act(before.case, who, what, **said).command
    return desk.make_move(cases, office(rules=rules), actor(who), id, command).case


def rederived(db: Db, rules: Rules) -> int:
    """What one replica with these rules sets anew."""
    return rederive_open(Cases(db, KEY, rules), office(LATER, rules))


def document(db: Db, id: str) -> Document:
    """The case as it is kept."""
    return db[CASES].find_one({"_id": id}) or {}


def test_a_changed_rule_moves_open_deadlines_once_and_tells_old_and_new(db: Db) -> None:
    id = opened(db)
    assert rederived(db, RULES) == 0
    assert [rederived(db, SHORTER) for _ in range(3)] == [1, 0, 0]
    after = document(db, id)
    assert after["rectify_due_at"] == MONDAY.replace(day=16, hour=17)
    last = after["history"][-1]
    assert (last["by"], last["move"], last["version"]) == ("rectify", "rederive", 3)
    assert last["details"] == {
        "rules": ["gansu-weiyuan v1", "gansu-weiyuan v2"],
        "changes": {
            "rectify_due_at": ["2020-03-23T09:00:00.000+00:00", "2020-03-16T09:00:00.000+00:00"]
        },
    }
    assert (after["rules"], after["rung"]) == ("gansu-weiyuan v2", 0)
    assert fault(KEY, after) is None


def test_a_changed_calendar_moves_open_deadlines(db: Db) -> None:
    id = opened(db)
    rederived(db, RULES)
    assert rederived(db, CLOSED_ON_FRIDAY) == 1
    after = document(db, id)
    assert after["rectify_due_at"] == MONDAY.replace(day=24, hour=17)
    assert after["contact_due_at"] == MONDAY.replace(day=3, hour=17)
    assert list(after["history"][-1]["details"]["changes"]) == ["rectify_due_at"]


def test_a_change_that_moves_nothing_writes_no_history(db: Db) -> None:
    id = opened(db)
    rederived(db, RULES)
    renamed = RULES.model_copy(update={"version": 7})
    assert [rederived(db, renamed) for _ in range(2)] == [1, 0]
    after = document(db, id)
    assert (len(after["history"]), after["version"], after["rules"]) == (2, 2, "gansu-weiyuan v7")


def test_a_stopped_clock_that_an_older_version_counted_otherwise_is_set_anew(db: Db) -> None:
    id, older = opened(db), basis(RULES).rpartition(", ")[0]
    moved(db, id, "li", Move.CLAIM)
    moved(db, id, "li", Move.PAUSE, reason="the citizen is travelling")
    counted = {"basis": older, "rectify_due_at": MONDAY.replace(month=4, day=2, hour=17)}
    db[CASES].update_one({"_id": id}, {"$set": counted})
    db["deadline_bases"].insert_one({"_id": older, "number": 1, "at": MONDAY})
    assert [rederived(db, RULES) for _ in range(2)] == [1, 0]
    after = document(db, id)
    assert after["rectify_due_at"] == MONDAY.replace(month=4, day=1, hour=17)
    assert after["history"][-1]["details"]["changes"] == {
        "rectify_due_at": ["2020-04-02T09:00:00.000+00:00", "2020-04-01T09:00:00.000+00:00"]
    }
    assert fault(KEY, after) is None


def test_of_replicas_with_different_rules_the_older_one_takes_nothing_back(db: Db) -> None:
    id = opened(db)
    told = [rederived(db, rules) for rules in (RULES, SHORTER, RULES, SHORTER)]
    assert told == [0, 1, 0, 0]
    assert document(db, id)["rectify_due_at"] == MONDAY.replace(day=16, hour=17)


def test_a_change_is_taken_back_under_the_next_version(db: Db) -> None:
    id, back = opened(db), RULES.model_copy(update={"version": 3})
    assert [rederived(db, rules) for rules in (RULES, SHORTER, back)] == [0, 1, 1]
    assert document(db, id)["rectify_due_at"] == MONDAY.replace(day=23, hour=17)


def test_two_replicas_that_found_the_same_case_tell_of_the_change_once(db: Db) -> None:
    opened(db)
    rederived(db, RULES)
    here, there = Cases(db, KEY, SHORTER), Cases(db, KEY, SHORTER)
    older = here.older_bases(LATER)
    ((before, was),) = there.resting_on(older, 10)
    assert rederive_open(here, office(LATER, SHORTER)) == 1
    step = step_of(before.case, was, office(LATER, SHORTER))
    assert not there.rederive(before, step, was["basis"])


def test_what_is_closed_or_submitted_keeps_its_deadline(db: Db) -> None:
    done, waiting = opened(db, 1), opened(db, 2)
    for id in (done, waiting):
        for what in (Move.CLAIM, Move.VERIFY):
            moved(db, id, "li", what)
        moved(db, id, "li", Move.SUBMIT, text="apologised")
    moved(db, done, "he", Move.CALLBACK, result="satisfied")
    rederived(db, RULES)
    assert rederived(db, SHORTER) == 1
    for id in (done, waiting):
        after = document(db, id)
        assert after["rectify_due_at"] == MONDAY.replace(day=23, hour=17)
        assert [entry["move"] for entry in after["history"]].count("rederive") == 0


def test_a_whole_history_is_told_from_one_that_was_tampered_with(db: Db) -> None:
    id = opened(db)
    for what in (Move.CLAIM, Move.VERIFY):
        moved(db, id, "li", what)
    assert fault(KEY, document(db, id)) is None


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda d: d["history"][1].update(by="wu"), "line 2"),
        (lambda d: d["history"].pop(1), "line 2"),
        (lambda d: d["history"].pop(), "cut off"),
        (lambda d: d["history"].append(dict(d["history"][-1])), "line 5"),
        (
            lambda d: (d["history"].pop(), d.update(version=3, seal=d["history"][-1]["seal"])),
            "does not end with line 3",
        ),
        (lambda d: d.update(state="closed"), "kept as closed"),
    ],
)
def test_an_edit_a_cut_and_a_cut_end_are_told(
    db: Db, tamper: Callable[[Document], object], says: str
) -> None:
    id = opened(db)
    for what in (Move.CLAIM, Move.VERIFY):
        moved(db, id, "li", what)
    kept = document(db, id)
    tamper(kept)
    found = fault(KEY, kept)
    assert found is not None
    assert says in found
