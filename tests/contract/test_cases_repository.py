"""The repository of cases, on the fake and on the real database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import mongomock
import pytest

from services.adapters.mongo import Db, connect, ensure_indexes
from services.adapters.outcome import Done, Later
from services.console.stack import Stack
from services.contracts.events import AppendStored, RatingInvalidated
from services.contracts.ledger import first_broken
from services.contracts.rectification import rating_case_id
from services.contracts.vocabulary import CaseState, Closing, Invalidity, Level
from services.errors import Conflict, Invalid, NotAllowed, NotFound
from services.rectify import desk, hearing
from services.rectify.case import move
from services.rectify.deadlines import derive
from services.rectify.facts import Case, Command, Move
from services.rectify.history import escalated
from services.rectify.listing import Query
from services.rectify.opening import Report
from services.rectify.repository import CASES, INDEXES, UNOPENED, Cases
from tests.unit.rectify.county import (
    KEY,
    MONDAY,
    PHOTO,
    RULES,
    act,
    actor,
    bad_rating,
    changed,
    filing,
    office,
)

EVERYTHING = frozenset({"bureau", "social", "north", "empty"})
LATER = MONDAY + timedelta(days=30)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.integration)])
def db(request: pytest.FixtureRequest) -> Iterator[Db]:
    """A database of its own for each test."""
    name = f"cases_{uuid.uuid4().hex[:8]}"
    if request.param == "fake":
        yield mongomock.MongoClient(tz_aware=True)[name]
        return
    stack: Stack = request.getfixturevalue("stack")
    real = connect(stack.mongo_uri, name)
    ensure_indexes(real, INDEXES)
    yield real
    real.client.drop_database(name)
    real.client.close()


@pytest.fixture
def cases(db: Db) -> Cases:
    """The repository."""
    return Cases(db, KEY, RULES)


def opened(cases: Cases, number: int = 1, **facts: Any) -> Case:
    """A case that was opened for a bad rating."""
    rating = bad_rating(rating_key=f"biz:{number:04}:completed:1:1", **facts)
    assert hearing.hear(cases, office(), rating) == Done()
    return read(cases, rating_case_id(KEY, rating.rating_key))


def read(cases: Cases, id: str) -> Case:
    """The case as it is kept."""
    found = cases.find(id)
    assert found is not None
    return found.case


def filed(cases: Cases, case: Case) -> Case:
    """The case with a photo."""
    before, act_ = cases.find(case.id), filing(case, "li")
    assert before is not None
    assert cases.save(before, move(act_), act_.command)
    return read(cases, case.id)


def made(cases: Cases, case: Case, who: str, what: Move, **said: Any) -> Case:
    """The case after somebody's move."""
    command = act(case, who, what, **said).command
    return desk.make_move(cases, office(), actor(who), case.id, command).case


def test_a_case_is_read_as_it_was_kept(cases: Cases) -> None:
    case = opened(cases)
    assert (case.state, case.version, case.handler) == (CaseState.OPENED, 2, "social")
    assert (case.opened_at, case.dispatched_at) == (MONDAY, MONDAY)


def test_a_bad_rating_heard_twice_opens_one_case(cases: Cases, db: Db) -> None:
    case = opened(cases)
    claimed = made(cases, case, "li", Move.CLAIM)
    assert opened(cases) == claimed
    assert db[CASES].count_documents({}) == 1


def test_a_document_tells_score_what_it_needs(cases: Cases, db: Db) -> None:
    opened(cases)
    document = db[CASES].find_one({})
    assert document is not None
    assert document["rating_day"] == "2020-03-02"
    assert document["rating_month"] == "2020-03"
    assert document["rectify_due_at"] == MONDAY.replace(day=23, hour=17)
    assert document["contact_due_at"] == document["callback_due_at"] == document["due_at"]
    assert document["submitted_at"] is document["reached"] is document["closing"] is None


def test_a_rating_without_a_case_is_kept_with_its_reason(db: Db) -> None:
    linked_only = changed(cases={"opens_when": "linked"})
    cases = Cases(db, KEY, linked_only)
    for _ in range(2):
        rating = bad_rating(rating_key="u1", linked=False)
        assert hearing.hear(cases, office(rules=linked_only), rating) == Done()
    assert db[CASES].count_documents({}) == 0
    assert db[UNOPENED].count_documents({}) == 1
    assert cases.unopened(EVERYTHING) == [{"unit": "social", "reason": "not_linked", "count": 1}]
    assert cases.unopened({"north"}) == []


def test_a_command_sent_twice_is_carried_out_once(cases: Cases) -> None:
    case = opened(cases)
    command = act(case, "li", Move.CLAIM).command
    first, again = (
        desk.make_move(cases, office(), actor("li"), case.id, command) for _ in range(2)
    )
    assert first.case == again.case
    assert len(cases.history(case.id)) == 3


def test_a_command_id_means_one_move(cases: Cases) -> None:
    case = opened(cases)
    claim = act(case, "li", Move.CLAIM).command
    desk.make_move(cases, office(), actor("li"), case.id, claim)
    other = claim.model_copy(update={"move": Move.VERIFY})
    with pytest.raises(Conflict):
        desk.make_move(cases, office(), actor("li"), case.id, other)


def test_a_command_id_of_somebody_else_means_nothing(cases: Cases) -> None:
    case = opened(cases)
    taken = act(case, "li", Move.CLAIM, command_id="append:biz:0001:completed:1:2").command
    claimed = desk.make_move(cases, office(), actor("li"), case.id, taken).case
    append = AppendStored(
        rating_key="biz:0001:completed:1:2",
        first_key="biz:0001:completed:1:1",
        level=Level.DISSATISFIED,
        pressed_at=MONDAY,
    )
    assert hearing.hear(cases, office(), append) == Done()
    assert read(cases, case.id).version == claimed.version + 1


def test_the_second_of_two_officers_is_told_what_has_changed(cases: Cases) -> None:
    case = opened(cases)
    made(cases, case, "li", Move.CLAIM)
    with pytest.raises(Conflict) as refused:
        made(cases, case, "wu", Move.CLAIM)
    assert refused.value.extra["version"] == 3
    (since,) = refused.value.extra["since"]
    assert (since["by"], since["move"], since["version"]) == ("li", "claim", 3)
    assert refused.value.extra["legal"] == []


def test_whoever_was_slower_is_told_no_words_that_may_name_the_rater(cases: Cases) -> None:
    case = opened(cases)
    made(cases, case, "li", Move.RETURN, reason="王小明的事不归我们管")
    with pytest.raises(Conflict) as refused:
        made(cases, case, "wu", Move.CLAIM)
    (since,) = refused.value.extra["since"]
    assert (since["by"], since["move"]) == ("li", "return")
    assert "王小明" not in str(refused.value.extra)


def test_a_write_on_an_old_version_changes_nothing(cases: Cases) -> None:
    case = opened(cases)
    before = cases.find(case.id)
    assert before is not None
    claim = act(case, "li", Move.CLAIM)
    assert cases.save(before, move(claim), claim.command)
    other = act(case, "wu", Move.CLAIM)
    assert not cases.save(before, move(other), other.command)
    assert read(cases, case.id).assignee == "li"


def test_nobody_sees_the_cases_of_another_unit(cases: Cases) -> None:
    case = opened(cases)
    with pytest.raises(NotFound):
        desk.visible(cases, actor("qian"), case.id)
    assert list(cases.rows(Query(actor("qian").scope))) == []


def test_a_list_is_sorted_by_what_is_due_and_read_page_by_page(cases: Cases) -> None:
    many = [opened(cases, number) for number in range(5)]
    for case in many[:2]:
        made(cases, case, "li", Move.CLAIM)
        made(cases, read(cases, case.id), "li", Move.VERIFY)
    seen: list[str] = []
    after = None
    while page := list(cases.rows(Query(EVERYTHING, after=after, limit=2))):
        seen += [each["_id"] for each in page]
        after = page[-1]["order"]
    soon, late = sorted(case.id for case in many[2:]), sorted(case.id for case in many[:2])
    assert seen == soon + late


def test_a_list_can_be_narrowed(cases: Cases) -> None:
    mine, other = opened(cases, 1), opened(cases, 2, unit="north")
    made(cases, mine, "li", Move.CLAIM)

    def found(query: Query) -> list[str]:
        return [each["_id"] for each in cases.rows(query)]

    assert found(Query(EVERYTHING, state=CaseState.VERIFYING)) == [mine.id]
    assert found(Query(EVERYTHING, assignee="li")) == [mine.id]
    assert found(Query(EVERYTHING, unit="north")) == [other.id]
    assert found(Query(EVERYTHING, due_before=MONDAY)) == []
    assert len(found(Query(EVERYTHING, due_before=LATER))) == 2


def test_the_sweep_records_each_rung_once_and_in_order_after_an_outage(cases: Cases) -> None:
    case = opened(cases)
    assert desk.escalate_due(cases, office(MONDAY)) == 0
    assert desk.escalate_due(cases, office(LATER)) == 1
    assert desk.escalate_due(cases, office(LATER)) == 0
    moves = [entry["move"] for entry in cases.history(case.id, after=2)]
    rungs = ["contact", "amber", "red", "supervised"]
    assert moves == [f"escalate:{name}" for name in rungs]
    assert read(cases, case.id).supervised


def test_two_replicas_that_found_the_same_case_escalate_it_once(cases: Cases) -> None:
    case = opened(cases)
    (here,), (there,) = cases.due(LATER, 10), cases.due(LATER, 10)
    step = escalated(here.case, derive(here.case, RULES).come(LATER), office(LATER))
    assert cases.escalate(here, step, LATER)
    assert not cases.escalate(there, step, LATER)
    assert len(read(cases, case.id).escalations) == 4


def test_an_escalation_does_not_undo_the_move_of_an_officer(cases: Cases) -> None:
    case = opened(cases)
    (found,) = cases.due(LATER, 10)
    made(cases, case, "li", Move.CLAIM)
    step = escalated(found.case, derive(found.case, RULES).come(LATER), office(LATER))
    assert not cases.escalate(found, step, LATER)
    assert desk.escalate_due(cases, office(LATER)) == 1
    assert read(cases, case.id).assignee == "li"


def test_an_append_before_the_case_of_its_first_rating_comes_later(cases: Cases) -> None:
    append = AppendStored(
        rating_key="biz:0001:completed:1:2",
        first_key="biz:0001:completed:1:1",
        level=Level.DISSATISFIED,
        pressed_at=MONDAY,
    )
    assert isinstance(hearing.hear(cases, office(), append), Later)
    case = opened(cases)
    assert [hearing.hear(cases, office(), append) for _ in range(2)] == [Done(), Done()]
    assert [entry["move"] for entry in cases.history(case.id, after=2)] == ["append"]


def test_an_invalidation_is_marked_once(cases: Cases) -> None:
    case = filed(cases, made(cases, opened(cases), "li", Move.CLAIM))
    appealed = made(cases, case, "li", Move.APPEAL, reason="not us", evidence=(PHOTO.id,))
    upheld = made(cases, appealed, "shen", Move.UPHOLD, reason="so", invalidity="wrong")
    assert upheld.mark_pending
    event = RatingInvalidated(
        rating_key=str(upheld.rating_key),
        reason=Invalidity.WRONG,
        command_id=f"{upheld.id}:{upheld.version}",
    )
    assert [hearing.hear(cases, office(), event) for _ in range(2)] == [Done(), Done()]
    after = read(cases, case.id)
    assert (after.mark_pending, after.invalidated, after.closing) == (
        False,
        True,
        Closing.INVALIDATED,
    )
    assert after.version == upheld.version + 1


def test_what_must_follow_a_write_is_kept_inside_it(cases: Cases, db: Db) -> None:
    case = opened(cases)
    made(cases, case, "li", Move.CLAIM)
    document = db[CASES].find_one({"_id": case.id})
    assert document is not None
    kept = [(entry["id"], entry["type"]) for entry in document["outbox"]]
    assert kept == [
        (f"{case.id}:1:0", "CaseOpened"),
        (f"{case.id}:2:1", "CaseMoved"),
        (f"{case.id}:3:0", "CaseMoved"),
    ]


def test_a_history_shows_an_edit_and_a_cut(cases: Cases) -> None:
    case = made(cases, opened(cases), "li", Move.CLAIM)
    made(cases, case, "li", Move.VERIFY)
    desk.escalate_due(cases, office(LATER))
    history = cases.history(case.id)
    assert [entry["version"] for entry in history] == list(range(1, len(history) + 1))
    assert first_broken(KEY, history) is None
    assert first_broken(KEY, [*history[:1], *history[2:]]) == 1
    history[2]["by"] = "wu"
    assert first_broken(KEY, history) == 2


def test_a_report_opens_one_case_for_its_reference(cases: Cases) -> None:
    report = Report.model_validate(
        {"source": "hotline_ticket", "reference": "12345-77", "unit": "social", "contactable": True}
    )
    ids = {desk.open_report(cases, office(), actor("dong"), report) for _ in range(2)}
    assert len(ids) == 1
    case = read(cases, ids.pop())
    assert (case.handler, case.rating_key, case.reference) == ("social", None, "12345-77")
    assert cases.history(case.id)[0]["by"] == "dong"


def test_a_letter_that_bears_the_number_of_another_units_is_not_taken_for_that_one(
    cases: Cases,
) -> None:
    first = Report.model_validate({"source": "letter", "reference": "2020-15", "unit": "social"})
    desk.open_report(cases, office(), actor("dong"), first)
    with pytest.raises(Conflict) as refused:
        desk.open_report(
            cases, office(), actor("dong"), first.model_copy(update={"unit": "bureau"})
        )
    assert [each["pointer"] for each in refused.value.extra["errors"]] == ["/reference"]
    renamed = first.model_copy(update={"unit": "bureau", "reference": "bureau-2020-15"})
    assert read(cases, desk.open_report(cases, office(), actor("dong"), renamed)).unit == "bureau"


def test_a_forced_review_opens_above_the_unit_and_out_of_its_sight(cases: Cases) -> None:
    report = Report.model_validate(
        {"source": "forced_review", "reference": "f1", "unit": "social", "level": 5}
    )
    case = read(cases, desk.open_report(cases, office(), actor("du"), report))
    assert (case.unit, case.handler) == ("social", "bureau")
    with pytest.raises(NotFound):
        desk.visible(cases, actor("li"), case.id)
    returned = made(cases, made(cases, case, "sun", Move.CLAIM), "sun", Move.RETURN, reason="?")
    with pytest.raises(Invalid):
        made(cases, returned, "dong", Move.DISPATCH, handler="social")


def test_only_some_roles_open_a_case_by_hand(cases: Cases) -> None:
    report = Report.model_validate({"source": "letter", "reference": "l1", "unit": "social"})
    with pytest.raises(NotAllowed):
        desk.open_report(cases, office(), actor("li"), report)
    unknown = report.model_copy(update={"unit": "nowhere"})
    with pytest.raises(NotFound):
        desk.open_report(cases, office(), actor("dong"), unknown)


def test_a_case_cannot_be_found_under_an_unknown_id(cases: Cases) -> None:
    command = Command(command_id="1", move=Move.CLAIM, expected_version=1)
    with pytest.raises(NotFound):
        desk.make_move(cases, office(), actor("li"), "case-0", command)


def test_how_many_cases_are_open_and_how_many_late_is_told(cases: Cases) -> None:
    case, _ = opened(cases, 1), opened(cases, 2)
    due = derive(case, RULES).due_at
    assert due is not None
    assert cases.standing(MONDAY) == (2, 0)
    assert cases.standing(due + timedelta(seconds=1)) == (2, 2)
    made(cases, made(cases, case, "li", Move.CLAIM), "li", Move.VERIFY)
    assert cases.standing(due + timedelta(seconds=1)) == (2, 1)
