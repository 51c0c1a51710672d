"""The rater of an invalid rating: told why, and may object once, to somebody outside the unit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.contracts.actor import Role
from services.contracts.commands import ReinstateRating
from services.contracts.directory import Directory, Principal, Unit
from services.contracts.vocabulary import CaseState, Closing, Invalidity
from services.errors import Conflict, NotAllowed
from services.rectify.case import legal_moves, move
from services.rectify.citizen import read_objection
from services.rectify.deadlines import derive
from services.rectify.decision import Act, Scene
from services.rectify.facts import Case, Command, Move
from services.rectify.history import begin
from services.rectify.parties import SYSTEM
from services.rectify.raters import Objections
from services.rectify.repository import Cases
from tests.fake import fake_database
from tests.hall import Plain
from tests.unit.rectify.county import (
    DIRECTORY,
    KEY,
    MONDAY,
    RULES,
    act,
    actor,
    office,
    opened_case,
    story,
)


def heard(case: Case, what: Move, **said: str) -> Case:
    """The case after the system has moved it."""
    command = Command.model_validate(
        {"command_id": f"s{case.version}", "move": what, "expected_version": case.version} | said
    )
    return move(Act(case, SYSTEM, office(), command)).case


def invalid() -> Case:
    """A case whose rating was found mistaken by shen, and marked by the store."""
    upheld = story(opened_case(), "li claim, li appeal, shen uphold")
    return heard(upheld, Move.INVALIDATE)


def objected() -> Case:
    """The same, after its rater has objected."""
    return heard(invalid(), Move.OBJECT, text="hmac-sha256:0")


def test_an_objection_opens_a_review_that_has_a_deadline() -> None:
    case = objected()
    assert (case.state, case.objecting, case.invalidated) == (CaseState.APPEAL_REVIEW, True, True)
    deadlines = derive(case, RULES)
    assert deadlines.review is not None
    assert deadlines.due_at == deadlines.review.due
    assert [rung.name for rung in deadlines.rungs] == ["review"]


def test_only_somebody_else_outside_the_unit_decides_on_it() -> None:
    case = objected()
    for who in ("inner", "shen"):
        with pytest.raises(NotAllowed):
            move(act(case, who, Move.SUSTAIN, reason="true after all"))
    with pytest.raises(NotAllowed):
        move(act(case, "li", Move.DISMISS, reason="no"))
    moves = {each["move"] for each in legal_moves(Scene(case, actor("du"), office()))}
    assert {"sustain", "dismiss"} <= moves
    assert "uphold" not in moves


def test_what_the_rater_objected_is_read_only_by_those_who_may_decide_on_it() -> None:
    db = fake_database()
    cases, objections, case = Cases(db, KEY, RULES), Objections(db), objected()
    at_window = Principal(
        id="seated", name="坐窗", roles=frozenset({Role.SUPERVISOR}), unit="bureau", window="w1"
    )
    people = (*DIRECTORY.principals, at_window)
    county = DIRECTORY.model_copy(update={"principals": people})
    cases.open(begin(case.model_copy(update={"window": "w1"}), "rectify"))
    objections.keep(case.id, "keyed", Plain().seal({"text": "我是王小明"}), MONDAY)
    for who in ("inner", "seated", "li", "zhao"):
        with pytest.raises(NotAllowed):
            read_objection(
                cases,
                objections,
                actor(who, county),
                case.id,
                office(directory=county),
                Plain().open,
            )
    told = read_objection(cases, objections, actor("du"), case.id, office(), Plain().open)
    assert told == {"text": "我是王小明"}
    looks = (db["objections"].find_one() or {})["looks"]
    assert [each["by"] for each in looks] == ["du"]


def test_a_sustained_objection_lets_the_rating_count_again() -> None:
    step = move(act(objected(), "du", Move.SUSTAIN, reason="true after all"))
    assert (step.case.state, step.case.invalidated) == (CaseState.RECTIFYING, False)
    told = [message for _, message in step.messages if isinstance(message, ReinstateRating)]
    assert [each.decided_by for each in told] == [("du",)]
    closed = story(step.case, "li submit, he satisfied")
    assert closed.closing is Closing.SATISFIED


def test_a_dismissed_objection_is_the_last_one() -> None:
    step = move(act(objected(), "du", Move.DISMISS, reason="nothing new"))
    assert (step.case.closing, step.case.objecting) == (Closing.INVALIDATED, False)
    assert not [each for _, each in step.messages if isinstance(each, ReinstateRating)]
    with pytest.raises(Conflict, match="an objection already"):
        heard(step.case, Move.OBJECT, text="hmac-sha256:1")


def test_there_is_nothing_to_object_to_before_the_store_has_marked_it() -> None:
    upheld = story(opened_case(), "li claim, li appeal, shen uphold")
    with pytest.raises(Conflict):
        heard(upheld, Move.OBJECT, text="hmac-sha256:0")


def test_nobody_can_object_when_nobody_could_decide() -> None:
    left = tuple(each for each in DIRECTORY.principals if each.id != "du")
    smaller = Directory(units=DIRECTORY.units, windows=DIRECTORY.windows, principals=left)
    command = Command(command_id="o", move=Move.OBJECT, expected_version=8, text="hmac-sha256:0")
    with pytest.raises(Conflict, match="Nobody outside"):
        move(Act(invalid(), SYSTEM, office(directory=smaller), command))


def test_nobody_can_object_to_a_judge_who_does_not_see_the_case() -> None:
    elsewhere = Unit(id="sibling", name="税务局", parent="bureau")
    people = (
        each.model_copy(update={"unit": "sibling"}) if each.id == "du" else each
        for each in DIRECTORY.principals
    )
    county = Directory(
        units=(*DIRECTORY.units, elsewhere), windows=DIRECTORY.windows, principals=tuple(people)
    )
    command = Command(command_id="o", move=Move.OBJECT, expected_version=8, text="hmac-sha256:0")
    with pytest.raises(Conflict, match="Nobody outside"):
        move(Act(invalid(), SYSTEM, office(directory=county), command))


def test_a_caller_tells_a_rater_whom_a_call_can_reach_once() -> None:
    told = move(act(invalid(), "he", Move.INFORM, text="called, explained")).case
    assert told.informed_at == MONDAY
    with pytest.raises(Conflict, match="told already"):
        move(act(told, "he", Move.INFORM, text="again"))
    anonymous = story(opened_case(contactable=False), "li claim, li appeal, shen uphold")
    with pytest.raises(Conflict, match="no way to reach"):
        move(act(heard(anonymous, Move.INVALIDATE), "he", Move.INFORM, text="called"))


def test_the_finding_and_its_reason_stay_with_the_case() -> None:
    case = invalid()
    assert (case.invalidity, case.decider) == (Invalidity.WRONG, "shen")


def test_an_undecided_objection_is_escalated_to_the_supervisor() -> None:
    rungs = derive(objected(), RULES).come(MONDAY + timedelta(days=7))
    assert [(rung.name, rung.tells) for rung in rungs] == [("review", "supervisor")]
