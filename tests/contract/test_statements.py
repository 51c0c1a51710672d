"""What a window may see and say of the cases about it, on the fake and on the real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done
from services.contracts.actor import Actor, Role
from services.contracts.directory import Principal, Window
from services.contracts.rectification import rating_case_id
from services.contracts.vocabulary import CaseState
from services.errors import Conflict, NotFound
from services.rectify import hearing
from services.rectify.decision import Office
from services.rectify.examining import fault
from services.rectify.repository import Cases
from services.rectify.statements import (
    MOST_STATEMENTS,
    CaseAtWindow,
    StatementForm,
    at_window,
    state,
    window_of,
)
from tests.unit.rectify.county import DIRECTORY, KEY, MONDAY, RULES, bad_rating, office

TUESDAY = MONDAY + timedelta(days=1)
CLERK = Principal(id="min", name="敏", roles=frozenset({Role.CLERK}), unit="social", window="w1")
TOWN = DIRECTORY.model_copy(
    update={
        "principals": (*DIRECTORY.principals, CLERK),
        "windows": (*DIRECTORY.windows, Window(id="w2", name="2", hall="hall", unit="social")),
    }
)
MIN = Actor("min", CLERK.roles, "social", TOWN.subtree("social"))


@pytest.fixture
def cases(db: Db) -> Cases:
    """The repository."""
    return Cases(db, KEY, RULES)


def at(now: Any = TUESDAY) -> Office:
    """The office with the clerk in it."""
    return replace(office(now), directory=TOWN)


def opened(cases: Cases, window: str = "w1", number: int = 1, **facts: Any) -> str:
    """The id of a case about a window."""
    rating = bad_rating(rating_key=f"biz:{number:04}:completed:1:1", window=window, **facts)
    assert hearing.hear(cases, at(MONDAY), rating) == Done()
    return rating_case_id(KEY, rating.rating_key)


def said(text: str = "系统断网，已当面道歉", id: str = "one") -> StatementForm:
    """A statement."""
    return StatementForm(command_id=id, text=text)


def test_a_window_sees_only_its_own_cases_and_only_month_and_state(db: Db, cases: Cases) -> None:
    own, _other = opened(cases), opened(cases, "w2", 2)
    assert list(at_window(db, MIN, window_of(TOWN, MIN), at())) == [
        CaseAtWindow(id=own, month="2020-03", state=CaseState.OPENED, stated=0)
    ]
    assert CaseAtWindow.model_fields.keys() == {"id", "month", "state", "stated"}


def test_a_case_is_not_shown_on_the_day_of_the_rating(db: Db, cases: Cases) -> None:
    """Whoever has just left the counter would be known by it."""
    id = opened(cases)
    assert list(at_window(db, MIN, "w1", at(MONDAY))) == []
    with pytest.raises(NotFound):
        state(cases, at(MONDAY), MIN, "w1", id, said())


def test_a_statement_is_one_more_line_of_the_history_and_moves_nothing(cases: Cases) -> None:
    id = opened(cases)
    before = cases.shown(id)
    state(cases, at(), MIN, "w1", id, said())
    after = cases.shown(id)
    line = after["history"][-1]
    assert (line["move"], line["by"], line["details"]) == (
        "statement",
        "min",
        {"text": "系统断网，已当面道歉"},
    )
    same = ("state", "handler", "assignee", "rectify_due_at", "contact_due_at")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert fault(KEY, cases.whole_case(id)) is None


def test_the_same_statement_sent_again_is_kept_once(cases: Cases) -> None:
    id = opened(cases)
    first = state(cases, at(), MIN, "w1", id, said())
    assert state(cases, at(), MIN, "w1", id, said()) == first


def test_of_another_window_nothing_is_known(cases: Cases) -> None:
    with pytest.raises(NotFound):
        state(cases, at(), MIN, "w1", opened(cases, "w2"), said())


def test_a_report_of_being_asked_for_a_good_rating_is_kept_from_the_accused(
    db: Db, cases: Cases
) -> None:
    id = opened(cases)
    db["cases"].update_one({"_id": id}, {"$set": {"seen_from": ["bureau"], "home": "bureau"}})
    db["cases"].update_one({"_id": id}, {"$set": {"handler": "bureau"}})
    assert list(at_window(db, MIN, "w1", at())) == []
    with pytest.raises(NotFound):
        state(cases, at(), MIN, "w1", id, said())


def test_there_is_an_end_of_stating(cases: Cases) -> None:
    id = opened(cases)
    for number in range(MOST_STATEMENTS):
        state(cases, at(), MIN, "w1", id, said(id=str(number)))
    with pytest.raises(Conflict, match="already"):
        state(cases, at(), MIN, "w1", id, said(id="more"))


def test_who_sits_at_no_window_sees_none() -> None:
    with pytest.raises(NotFound, match="administrator"):
        window_of(TOWN, Actor("li", frozenset({Role.CLERK})))
