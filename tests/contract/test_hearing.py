"""What rectify does when the store or the registry says something late; fake and real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done, Later
from services.contracts.directory import Directory, Principal
from services.contracts.events import AppendStored, RatingLinked
from services.contracts.rectification import case_id, rating_case_id
from services.contracts.vocabulary import CaseState, Level
from services.rectify import desk, hearing
from services.rectify.case import legal_moves
from services.rectify.decision import Scene
from services.rectify.facts import Case, Command, Move
from services.rectify.opening import for_rating, opened
from services.rectify.repository import Cases
from tests.unit.rectify.county import (
    DIRECTORY,
    MONDAY,
    RULES,
    actor,
    bad_rating,
    changed,
    office,
)

KEY = "rating-1"
ID = rating_case_id(b"k" * 32, KEY)
LINKED_ONLY = changed(cases={"opens_when": "linked"})


@pytest.fixture
def cases(db: Db) -> Cases:
    """The repository."""
    return Cases(db, b"k" * 32, RULES)


def now(cases: Cases) -> Case:
    """The case as it is."""
    found = cases.find(ID)
    assert found is not None
    return found.case


def made(cases: Cases, who: str, what: Move, **said: Any) -> Case:
    """The case after somebody's move."""
    version = now(cases).version
    command = Command.model_validate(
        {"command_id": f"{who}{version}", "move": what, "expected_version": version} | said
    )
    return desk.make_move(cases, office(), actor(who), ID, command).case


def linked(before: str, after: str) -> RatingLinked:
    """The rating turned out to be about an errand of another unit."""
    return RatingLinked(
        rating_key=KEY,
        errand_key="biz:1:completed:1",
        linked=True,
        rule="rated_as",
        unit_before=before,
        unit=after,
        level=Level.DISSATISFIED,
        at=MONDAY,
    )


def test_an_untaken_case_goes_where_its_rating_turned_out_to_belong(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key=KEY, unit="north"))
    assert now(cases).handler == "north"
    event = linked("north", "social")
    assert [hearing.hear(cases, office(), event) for _ in range(2)] == [Done(), Done()]
    case = now(cases)
    assert (case.unit, case.home, case.handler) == ("social", "social", "social")
    assert (case.state, case.version) == (CaseState.OPENED, 4)
    (link,) = [each for each in cases.history(ID) if each["move"] == "link"]
    assert link["details"]["changes"]["unit"] == ["north", "social"]


def test_a_case_that_an_officer_has_is_offered_to_the_dispatcher(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key=KEY, unit="north"))
    made(cases, "qian", Move.CLAIM)
    before = {each["move"] for each in legal_moves(Scene(now(cases), actor("dong"), office()))}
    hearing.hear(cases, office(), linked("north", "social"))
    case = now(cases)
    assert (case.handler, case.assignee, case.state) == ("north", "qian", CaseState.VERIFYING)
    after = {each["move"] for each in legal_moves(Scene(case, actor("dong"), office()))}
    assert after - before == {"dispatch"}
    moved = made(cases, "dong", Move.DISPATCH)
    assert (moved.handler, moved.assignee, moved.state) == ("social", None, CaseState.OPENED)


def test_a_link_to_the_same_unit_changes_nothing(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key=KEY))
    hearing.hear(cases, office(), linked("social", "social"))
    assert now(cases).version == 2


def test_a_link_heard_before_the_rating_waits_for_it(cases: Cases) -> None:
    assert isinstance(hearing.hear(cases, office(), linked("north", "social")), Later)


def test_a_rating_that_was_joined_late_opens_its_case_and_is_counted_no_more(cases: Cases) -> None:
    there = office(rules=LINKED_ONLY)
    hearing.hear(cases, there, bad_rating(rating_key=KEY, linked=False))
    assert cases.unopened({"social"}) == [{"unit": "social", "reason": "not_linked", "count": 1}]
    assert hearing.hear(cases, there, linked("social", "north")) == Done()
    hearing.hear(cases, there, bad_rating(rating_key=KEY, unit="north", linked=True))
    assert now(cases).unit == "north"
    assert cases.unopened({"social"}) == []


def test_a_rating_whose_opening_broke_off_half_way_is_counted_no_more(cases: Cases) -> None:
    there, late = office(rules=LINKED_ONLY), bad_rating(rating_key=KEY, linked=True)
    hearing.hear(cases, there, bad_rating(rating_key=KEY, linked=False))
    cases.open(opened(for_rating(late, ID, there), there))
    hearing.hear(cases, there, late)
    assert cases.unopened({"social"}) == []


def test_a_rating_that_has_a_case_is_not_counted_when_the_rules_have_changed(cases: Cases) -> None:
    unlinked = bad_rating(rating_key=KEY, linked=False)
    for rules in (RULES, LINKED_ONLY):
        assert hearing.hear(cases, office(rules=rules), unlinked) == Done()
    assert cases.unopened({"social"}) == []


def test_an_append_to_a_good_rating_is_counted_when_it_is_bad(db: Db, cases: Cases) -> None:
    first = {"_id": KEY, "level": 5, "unit": "social", "channel": "tablet", "turn": 1}
    db["ratings"].insert_one(first)
    for key, level in (("a", Level.VERY_SATISFIED), ("b", Level.VERY_DISSATISFIED)):
        event = AppendStored(rating_key=key, first_key=KEY, level=level, pressed_at=MONDAY)
        assert [hearing.hear(cases, office(), event) for _ in range(2)] == [Done(), Done()]
    assert cases.unopened({"social"}) == [{"unit": "social", "reason": "append", "count": 1}]


def later(*people: Principal) -> Directory:
    """The registry once these people have come."""
    return Directory(
        version=2,
        units=DIRECTORY.units,
        windows=DIRECTORY.windows,
        principals=(*DIRECTORY.principals, *people),
    )


def test_a_waiting_case_is_dispatched_when_the_registry_has_somebody(cases: Cases) -> None:
    nobody = Directory(version=1, units=DIRECTORY.units, windows=DIRECTORY.windows)
    hearing.hear(cases, office(directory=nobody), bad_rating(rating_key=KEY))
    assert now(cases).state is CaseState.UNDISPATCHED
    assert hearing.dispatch_waiting(cases, office(directory=nobody)) == 0
    at = MONDAY + timedelta(days=1)
    assert hearing.dispatch_waiting(cases, office(at, directory=later())) == 1
    assert hearing.dispatch_waiting(cases, office(at, directory=later())) == 0
    assert (now(cases).handler, now(cases).dispatched_at) == ("social", at)


def test_a_returned_case_waits_for_a_person(cases: Cases) -> None:
    hearing.hear(cases, office(), bad_rating(rating_key=KEY))
    made(cases, "li", Move.RETURN, reason="not ours")
    assert hearing.dispatch_waiting(cases, office()) == 0
    assert now(cases).state is CaseState.UNDISPATCHED


def test_a_case_from_before_ids_had_a_key_is_gone_on_with(cases: Cases) -> None:
    there, bad = office(), bad_rating(rating_key=KEY)
    former = case_id(KEY)
    cases.open(opened(for_rating(bad, former, there), there))
    assert isinstance(hearing.hear(cases, there, bad), Done)
    appended = AppendStored(
        rating_key="rating-1:2", first_key=KEY, level=Level.DISSATISFIED, pressed_at=MONDAY
    )
    assert isinstance(hearing.hear(cases, there, appended), Done)
    assert cases.find(ID) is None
    kept = cases.find(former)
    assert kept is not None
    assert kept.case.append_level == Level.DISSATISFIED
