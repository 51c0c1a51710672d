"""Lists of cases, on the fake and on the real database: whatever is asked, and however many."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest

from services.adapters.mongo import Db, Document
from services.contracts.rectification import rating_case_id
from services.contracts.vocabulary import CaseState, Channel
from services.rectify import desk, hearing
from services.rectify.bulk import Assignment, assign_all
from services.rectify.decision import Step
from services.rectify.document import opening
from services.rectify.facts import Move
from services.rectify.listing import Query
from services.rectify.raterviews import Told
from services.rectify.repository import CASES, Cases
from services.rectify.views import Asked, detail
from tests.unit.rectify.county import (
    KEY,
    MONDAY,
    RULES,
    act,
    actor,
    bad_rating,
    lived,
    office,
    told,
)

EVERYTHING = frozenset({"bureau", "social", "north", "empty"})
LIVES = (
    "",
    "li claim",
    "li claim, li verify",
    "li claim, li verify, li pause",
    "li claim, li appeal",
    "li claim, li verify, li submit",
    "li claim, li verify, li submit, he satisfied",
)
MANY = 400
SCOPES = ({"north"}, {"social"}, {"north", "empty"}, {"social", "north"})


@pytest.fixture
def cases(db: Db) -> Cases:
    """The repository."""
    return Cases(db, KEY, RULES)


@pytest.fixture
def many(db: Db) -> list[Document]:
    """Cases in every state, due on few days, so that hundreds are due at the same moment."""
    chance, documents = random.Random(7), []
    days = [MONDAY + timedelta(days=day) for day in (0, 1, 7)]
    lives = [lived(life, at) for at in days for life in LIVES]
    for number in range(MANY):
        case, about = (
            chance.choice(lives),
            {
                "id": rating_case_id(KEY, f"n{number}"),
                "item": f"i{chance.randrange(9)}",
                "tags": tuple(chance.sample(["201", "202", "203"], chance.randrange(3))),
                "channel": chance.choice(list(Channel)),
                **({"unit": "north", "home": "north"} if chance.random() < 0.3 else {}),
                **({"handler": "north"} if chance.random() < 0.3 else {}),
            },
        )
        documents.append(opening(Step(case.model_copy(update=about), (), ()), KEY, RULES))
    db[CASES].insert_many(documents)
    return documents


def holds(query: Query, each: Document) -> bool:
    """Whether a case belongs to the list, said as plainly as possible."""
    due = each["due_at"]
    return (
        (query.scope is None or bool(query.scope & set(each["seen_from"])))
        and query.state in {None, each["state"]}
        and query.unit in {None, each["unit"]}
        and query.handler in {None, each["handler"]}
        and query.assignee in {None, each["assignee"]}
        and query.item in {None, each["item"]}
        and (query.tag is None or query.tag in each["tags"])
        and query.channel in {None, each["channel"]}
        and (query.due_from is None or (due is not None and due >= query.due_from))
        and (query.due_before is None or (due is not None and due < query.due_before))
    )


def questions() -> Iterator[Query]:
    """Queries with any filters together."""
    chance = random.Random(11)
    for _ in range(60):
        wanted: dict[str, Any] = {
            "state": chance.choice(list(CaseState)),
            "unit": chance.choice(["social", "north"]),
            "handler": chance.choice(["social", "north"]),
            "assignee": "li",
            "item": f"i{chance.randrange(9)}",
            "tag": "202",
            "channel": chance.choice(list(Channel)),
            "due_from": MONDAY,
            "due_before": MONDAY + timedelta(days=chance.randrange(30)),
        }
        chosen = chance.sample(sorted(wanted), chance.randrange(4))
        scope = chance.choice([None, EVERYTHING, *map(frozenset, SCOPES)])
        yield Query(scope, limit=chance.choice([1, 7, 1000]), **{k: wanted[k] for k in chosen})


def test_a_list_holds_what_was_asked_for_in_order(cases: Cases, many: list[Document]) -> None:
    for query in questions():
        expected = sorted(each["order"] for each in many if holds(query, each))[: query.limit]
        assert [each["order"] for each in cases.rows(query)] == expected, query


def test_a_case_that_two_units_see_is_listed_once(cases: Cases, many: list[Document]) -> None:
    filters: tuple[dict[str, Any], ...] = (
        {},
        {"state": CaseState.VERIFYING},
        {"channel": Channel.SMS},
    )
    for scope, narrowed in product(SCOPES, filters):
        query = Query(frozenset(scope), limit=1000, **narrowed)
        expected = sorted(each["order"] for each in many if holds(query, each))
        assert [each["order"] for each in cases.rows(query)] == expected, query


def test_whoever_sees_no_case_gets_an_empty_list(cases: Cases, many: list[Document]) -> None:
    assert list(cases.rows(Query(frozenset({"empty", "elsewhere"})))) == []


@pytest.mark.parametrize(
    ("filters", "rarest"),
    [
        ({"state": CaseState.VERIFYING, "channel": Channel.PC}, ("state=verifying&channel=pc",)),
        ({"tag": "202", "channel": Channel.PC}, ("channel=pc&tag=202",)),
        ({"tag": "202", "handler": "north"}, ("north/tag=202",)),
        ({"tag": "202"}, ("empty/tag=202", "north/tag=202")),
    ],
)
def test_several_filters_are_asked_for_together_so_that_no_list_reads_everything(
    filters: dict[str, Any], rarest: tuple[str, ...]
) -> None:
    assert rarest in Query(frozenset({"north", "empty"}), **filters).anchors


def test_pages_make_up_the_list(cases: Cases, many: list[Document]) -> None:
    query, seen = Query(EVERYTHING, limit=37), []
    while page := list(cases.rows(query)):
        seen += [each["_id"] for each in page]
        query = replace(query, after=page[-1]["order"])
    assert seen == [each["_id"] for each in sorted(many, key=lambda each: each["order"])]


def test_running_cases_come_before_paused_ones_and_closed_ones_last(
    cases: Cases, many: list[Document]
) -> None:
    rows = list(cases.rows(Query(EVERYTHING, limit=1000)))
    closed = [each["state"] == "closed" for each in rows]
    assert closed == sorted(closed)
    paused = {each["_id"] for each in many if each["stops"] and each["state"] == "rectifying"}
    standing = [each["_id"] in paused for each in rows if each["state"] != "closed"]
    assert any(standing)
    assert standing == sorted(standing)
    running = [each["due_at"] for each in rows if each["due_at"] and each["_id"] not in paused]
    assert all(before <= after for before, after in pairwise(running))


def test_no_case_is_missed_or_told_twice_because_others_move(cases: Cases) -> None:
    ids = []
    for number in range(9):
        rating = bad_rating(rating_key=f"biz:{number:04}:completed:1:1")
        hearing.hear(cases, office(), rating)
        ids.append(rating_case_id(KEY, rating.rating_key))
    first = Asked(limit=3).page(cases, actor("li"), office())
    moved = [first["items"][0]["id"], max(ids)]
    for id in moved:
        before = cases.find(id)
        assert before is not None
        claim = act(before.case, "li", Move.CLAIM).command
        after = desk.make_move(cases, office(), actor("li"), id, claim)
        verify = act(after.case, "li", Move.VERIFY).command
        desk.make_move(cases, office(), actor("li"), id, verify)
    told_of, page = [each["id"] for each in first["items"]], first
    while page["next"]:
        asked = Asked.model_validate({"limit": 3, "cursor": page["next"]})
        page = asked.page(cases, actor("li"), office())
        told_of += [each["id"] for each in page["items"]]
    still = [id for id in told_of if id not in moved]
    assert sorted(still) == sorted(set(ids) - set(moved))
    assert set(moved) <= set(told_of)


def asked(cases: Cases, who: str, now: datetime, **filters: Any) -> set[str]:
    """Of which cases a list tells, by what they are about."""
    page = Asked.model_validate(filters).page(cases, actor(who), office(now))
    kept = [cases.find(each["id"]) for each in page["items"]]
    return {str(each.case.rating_key) for each in kept if each}


def test_the_words_of_a_list_mean_what_an_officer_means(cases: Cases) -> None:
    for name, lines in (
        ("a", "li claim"),
        ("b", "wu claim"),
        ("c", ""),
        ("d", "li claim, li verify"),
    ):
        case = lived(lines, rating_key=name)
        cases.open(Step(case, (), ()))
    cases.open(Step(lived(rating_key="n", unit="north"), (), ()))
    noon, later = MONDAY.replace(day=3, hour=12), MONDAY.replace(day=3, hour=18)
    assert asked(cases, "li", noon, mine=True) == {"a", "d"}
    assert asked(cases, "li", noon, my_unit=True) == {"a", "b", "c", "d"}
    assert asked(cases, "li", noon) == {"a", "b", "c", "d", "n"}
    assert asked(cases, "li", noon, due_today=True, mine=True) == {"a"}
    assert asked(cases, "li", noon, overdue=True) == set()
    assert asked(cases, "li", later, overdue=True, due_today=True) == {"a", "b", "c", "n"}
    assert asked(cases, "li", later, overdue=True, unit="north") == {"n"}
    assert asked(cases, "li", noon, state="rectifying", channel="tablet") == {"d"}


def test_no_list_and_no_case_tells_the_errand_of_an_anonymous_rater(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key="biz:A-0001:completed:1:1", named=False))
    (shown,) = Asked().page(cases, actor("li"), office())["items"]
    before = cases.find(shown["id"])
    assert before is not None
    whole = detail(cases.shown(shown["id"]), before, actor("li"), office(), Told({}))
    for told_of in (shown, whole):
        assert "A-0001" not in str(told_of)


def test_a_paused_case_is_shown_as_such(cases: Cases) -> None:
    waiting = told(lived("li claim, li verify"), "li pause")
    cases.open(Step(waiting, (), ()))
    (shown,) = Asked().page(cases, actor("li"), office())["items"]
    assert (shown["paused"], shown["overdue"]) == (True, False)


def order_for(cases: Cases, ids: list[str], **over: Any) -> Assignment:
    """An order to give these cases to Wu, as they are now."""
    found = [(id, cases.find(id)) for id in ids]
    seen = [{"id": id, "expected_version": kept.case.version if kept else 1} for id, kept in found]
    return Assignment.model_validate({"command_id": "b1", "assignee": "wu", "cases": seen} | over)


def test_many_cases_are_assigned_once_with_a_result_for_each(cases: Cases) -> None:
    for name in ("a", "b"):
        hearing.hear(cases, office(), bad_rating(rating_key=name))
    closed = lived("li claim, li verify, li submit, he satisfied", rating_key="c")
    cases.open(Step(closed, (), ()))
    ids = [rating_case_id(KEY, "a"), closed.id, "case-unknown", rating_case_id(KEY, "b")]
    order = order_for(cases, ids)
    first, again = (assign_all(cases, office(), actor("dong"), order) for _ in range(2))
    assert [each.status for each in first.results] == ["assigned", "refused", "refused", "assigned"]
    assert [each.code for each in first.results] == [None, 409, 404, None]
    assert (first.assigned, first.refused) == (2, 2)
    assert again == first
    kept = cases.find(rating_case_id(KEY, "a"))
    assert kept is not None
    assert (kept.case.assignee, kept.case.version) == ("wu", 3)


def test_a_case_that_has_changed_since_it_was_listed_is_not_assigned(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key="a", window="w1"))
    order = order_for(cases, [rating_case_id(KEY, "a")])
    before = cases.find(rating_case_id(KEY, "a"))
    assert before is not None
    desk.make_move(
        cases, office(), actor("li"), before.case.id, act(before.case, "li", Move.CLAIM).command
    )
    (result,) = assign_all(cases, office(), actor("dong"), order).results
    assert (result.status, result.code) == ("refused", 409)
    given = order_for(cases, [before.case.id], assignee="wang", command_id="b2")
    (refused,) = assign_all(cases, office(), actor("dong"), given).results
    assert (refused.code, refused.detail) == (
        422,
        "not an officer for this unit, or the rating was about them",
    )
