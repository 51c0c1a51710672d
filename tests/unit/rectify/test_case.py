"""The states of a case: which moves lead where, who may make them, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.directory import Directory, Principal
from services.contracts.events import CaseClosed, CaseMoved
from services.contracts.vocabulary import CaseState, Closing, Level
from services.errors import Conflict, Invalid, NotAllowed, NotFound
from services.rectify.case import TABLE, legal_moves, move
from services.rectify.decision import Act, Office, Scene
from services.rectify.facts import Case, Command, Move
from services.rectify.parties import SYSTEM
from tests.unit.rectify.county import (
    DIRECTORY,
    MONDAY,
    RULES,
    act,
    actor,
    changed,
    heard,
    lived,
    moves_of,
    office,
    opened_case,
    story,
    told,
)

S, E = CaseState, Closing


@pytest.mark.parametrize(
    ("lines", "state", "closing"),
    [
        ("li claim", S.VERIFYING, None),
        ("li return", S.UNDISPATCHED, None),
        ("li claim, li return", S.UNDISPATCHED, None),
        ("li return, dong dispatch", S.OPENED, None),
        ("li claim, li verify", S.RECTIFYING, None),
        ("li claim, li appeal", S.APPEAL_REVIEW, None),
        ("li claim, li verify, li appeal, shen uphold", S.CLOSED, E.INVALIDATED),
        ("li claim, li appeal, shen refuse", S.RECTIFYING, None),
        ("li claim, li explain", S.VERIFYING, None),
        ("li claim, li explain, zhao confirm", S.AWAITING_CALLBACK, None),
        ("li claim, li explain, zhao decline", S.VERIFYING, None),
        ("li claim, li verify, li submit", S.AWAITING_CALLBACK, None),
        ("li claim, li verify, li submit, he satisfied", S.CLOSED, E.SATISFIED),
        ("li claim, li verify, li submit, he dissatisfied", S.RECTIFYING, None),
        (
            "li claim, li verify, li submit, he dissatisfied, li submit, he dissatisfied",
            S.CLOSED,
            E.DISSATISFIED,
        ),
        (
            "li claim, li verify, li submit, he unreachable, he unreachable",
            S.AWAITING_CALLBACK,
            None,
        ),
        (
            "li claim, li verify, li submit, he unreachable, he unreachable, he unreachable",
            S.CLOSED,
            E.UNREACHABLE,
        ),
    ],
)
def test_the_moves_of_the_design(lines: str, state: CaseState, closing: Closing | None) -> None:
    case = story(opened_case(), lines)
    assert (case.state, case.closing) == (state, closing)
    assert (case.closed_at is not None) == (state is S.CLOSED)


@pytest.mark.parametrize(
    "lines", ["li claim, li verify, li submit", "li claim, li explain, zhao confirm"]
)
def test_a_case_whose_rater_cannot_be_reached_closes_without_a_call(lines: str) -> None:
    case = story(opened_case(contactable=False), lines)
    assert case.closing is E.NO_CONTACT
    assert case.submitted_at is not None


def test_a_case_goes_to_the_rated_unit() -> None:
    assert opened_case(unit="north").handler == "north"


def test_a_case_goes_to_the_parent_when_only_the_rated_window_could_take_it() -> None:
    others_gone = DIRECTORY.model_copy(
        update={"principals": tuple(p for p in DIRECTORY.principals if p.id not in {"li", "wu"})}
    )
    returned = story(opened_case(window="w1"), "li return")
    command = Command(command_id="x", move=Move.DISPATCH, expected_version=returned.version)
    there = office(directory=Directory.model_validate(others_gone.model_dump()))
    assert move(Act(returned, SYSTEM, there, command)).case.handler == "bureau"


def test_a_case_that_no_unit_can_handle_stays_undispatched() -> None:
    case = opened_case(unit="unknown")
    assert (case.state, case.handler) == (S.UNDISPATCHED, None)


def after_a_reform(*left: str) -> Office:
    """The north branch is closed, its officer has moved to the unit that took over, some left."""
    units = tuple(
        unit.model_copy(update={"active_to": MONDAY} if unit.id == "north" else {})
        for unit in DIRECTORY.units
    )
    people = tuple(
        each.model_copy(update={"unit": "empty"} if each.id == "qian" else {})
        for each in DIRECTORY.principals
        if each.id not in left
    )
    return office(directory=Directory(units=units, windows=DIRECTORY.windows, principals=people))


def dispatched_in(there: Office, case: Case, **said: Any) -> Case:
    """The case after the dispatcher has sent it on."""
    asked = act(case, "dong", Move.DISPATCH, **said)
    return move(replace(asked, actor=actor("dong", there.directory), office=there)).case


@pytest.mark.parametrize(
    "lines",
    ["", "qian claim", "qian claim, qian verify"],
    ids=["opened", "verifying", "rectifying"],
)
def test_a_case_of_a_unit_that_was_closed_can_be_given_to_the_one_that_took_over(
    lines: str,
) -> None:
    case, there = lived(lines, unit="north"), after_a_reform()
    given = dispatched_in(there, case, handler="empty")
    assert (given.state, given.handler, given.assignee) == (S.OPENED, "empty", None)
    taken = act(given, "qian", Move.CLAIM)
    taken = replace(taken, actor=actor("qian", there.directory), office=there)
    assert move(taken).case.assignee == "qian"


def test_a_case_whose_unit_has_lost_its_last_officer_goes_to_the_unit_above() -> None:
    case = lived("qian claim, qian verify", unit="north")
    assert dispatched_in(after_a_reform(), case).handler == "social"


def test_a_case_is_not_taken_from_a_unit_that_can_handle_it() -> None:
    with pytest.raises(Conflict, match="where it belongs"):
        told(opened_case(unit="north"), "dong dispatch")


def test_where_nobody_above_can_handle_a_case_the_dispatcher_has_to_name_another_unit() -> None:
    there = after_a_reform("li", "wu", "wang", "sun")
    for case in (
        lived("qian claim", unit="north"),
        story(opened_case(unit="north"), "qian return"),
    ):
        dispatching = [
            each
            for each in legal_moves(Scene(case, actor("dong", there.directory), there))
            if each["move"] == "dispatch"
        ]
        assert dispatching == [{"move": "dispatch", "needs": ("handler",)}]
        with pytest.raises(Invalid):
            dispatched_in(there, case)
        assert dispatched_in(there, case, handler="empty").handler == "empty"


def test_where_nobody_at_all_can_handle_a_case_the_dispatcher_is_told_to_register_somebody() -> (
    None
):
    there = after_a_reform("li", "wu", "wang", "sun", "qian")
    with pytest.raises(Conflict, match="register one"):
        dispatched_in(there, story(opened_case(unit="north"), "qian return"))


@pytest.mark.parametrize("facts", [{"window": "w1"}, {"staff": "wang"}])
def test_neither_the_rated_staff_nor_the_rated_window_gets_the_case(facts: dict[str, Any]) -> None:
    case = opened_case(**facts)
    with pytest.raises(NotAllowed):
        told(case, "wang claim")
    with pytest.raises(Invalid):
        move(act(case, "zhao", Move.ASSIGN, assignee="wang"))
    assert move(act(case, "zhao", Move.ASSIGN, assignee="wu")).case.assignee == "wu"


def test_an_officer_of_another_unit_cannot_claim() -> None:
    with pytest.raises(NotFound):
        told(opened_case(), "qian claim")


def test_only_the_assignee_works_on_a_case_and_a_head_can_reassign_it() -> None:
    case = story(opened_case(), "li claim")
    with pytest.raises(NotAllowed):
        told(case, "wu verify")
    given = move(act(case, "zhao", Move.ASSIGN, assignee="wu")).case
    assert told(given, "wu verify").state is S.RECTIFYING


DONE = "li claim, li verify, li submit, he satisfied"


def test_a_bad_append_reopens_a_closed_case_once() -> None:
    closed = story(opened_case(), DONE)
    again = heard(closed, Move.APPEND, Level.VERY_DISSATISFIED)
    assert (again.state, again.assignee) == (S.RECTIFYING, "li")
    assert again.submitted_at is None
    closed_again = story(again, "li submit, he satisfied")
    assert heard(closed_again, Move.APPEND, Level.DISSATISFIED).state is S.CLOSED


@pytest.mark.parametrize("level", [Level.BASICALLY_SATISFIED, Level.VERY_SATISFIED])
def test_a_good_append_is_only_noted(level: Level) -> None:
    closed = story(opened_case(), DONE)
    noted = heard(closed, Move.APPEND, level)
    assert (noted.state, noted.append_level) == (S.CLOSED, level)


def test_an_append_to_an_open_case_is_only_noted() -> None:
    assert heard(opened_case(), Move.APPEND, Level.DISSATISFIED).state is S.OPENED


def test_a_case_reopened_without_a_handler_waits_for_a_dispatcher() -> None:
    closed = heard(story(opened_case(), "li return"), Move.INVALIDATE)
    assert heard(closed, Move.APPEND, Level.DISSATISFIED).state is S.UNDISPATCHED


def test_a_late_round_is_not_forgotten_by_a_timely_one() -> None:
    late = MONDAY + timedelta(days=40)
    case = story(opened_case(), "li claim, li verify")
    case = story(case, "li submit, he dissatisfied, li submit, he satisfied", late)
    assert case.overran
    assert not story(opened_case(), DONE).overran


def test_an_explanation_is_confirmed_by_somebody_else() -> None:
    both = Principal(
        id="both", name="both", roles=actor("li").roles | actor("zhao").roles, unit="social"
    )
    there = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, both)})
    directory = Directory.model_validate(there.model_dump())
    case = opened_case()
    for what, said in ((Move.CLAIM, {}), (Move.EXPLAIN, {"text": "no legal basis"})):
        command = Command.model_validate(
            {"command_id": what, "move": what, "expected_version": 1, **said}
        )
        case = move(Act(case, actor("both", directory), office(directory=directory), command)).case
    command = Command(command_id="c", move=Move.CONFIRM, expected_version=1)
    with pytest.raises(NotAllowed):
        move(Act(case, actor("both", directory), office(directory=directory), command))
    assert told(case, "zhao confirm").state is S.AWAITING_CALLBACK


def test_a_request_lapses_when_the_case_moves_on() -> None:
    case = story(opened_case(), "li claim, li verify, li explain, li ask_extension, li submit")
    assert (case.explained_by, case.extension_by) == (None, None)


def test_a_request_for_an_extension_outlives_the_verification() -> None:
    case = story(opened_case(), "li claim, li ask_extension, li verify")
    assert moves_of(case, "zhao") >= {"grant_extension", "deny_extension"}
    assert told(case, "zhao grant_extension").extended_in == 1


@pytest.mark.parametrize(
    "lines", ["li submit, he dissatisfied", "li appeal, shen refuse"], ids=["rework", "appeal"]
)
def test_a_request_that_lapsed_undecided_may_be_made_again(lines: str) -> None:
    case = story(opened_case(), f"li claim, li verify, li ask_extension, {lines}")
    assert case.extension_by is None
    again = told(case, "li ask_extension")
    denied = told(again, "zhao deny_extension")
    with pytest.raises(Conflict, match="asked for already"):
        told(denied, "li ask_extension")


def test_an_extension_is_asked_for_once_and_in_time() -> None:
    case = story(opened_case(), "li claim, li verify")
    with pytest.raises(Conflict):
        told(case, "li ask_extension", MONDAY + timedelta(days=30))
    denied = story(case, "li ask_extension, zhao deny_extension")
    with pytest.raises(Conflict):
        told(denied, "li ask_extension")


def test_a_pause_ends_when_the_case_moves_on_and_its_days_are_capped() -> None:
    case = story(opened_case(), "li claim, li verify, li pause")
    assert moves_of(case, "zhao") >= {"resume"}
    assert not told(case, "li submit").paused
    resumed = told(case, "li resume", MONDAY + timedelta(days=20))
    with pytest.raises(Conflict):
        told(resumed, "li pause", MONDAY + timedelta(days=20))


def test_whoever_handled_a_case_does_not_make_its_callback() -> None:
    busy = Principal(
        id="busy", name="busy", roles=actor("li").roles | actor("he").roles, unit="social"
    )
    there = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, busy)})
    directory = Directory.model_validate(there.model_dump())
    case = story(opened_case(), "li claim, li verify, li submit").model_copy(
        update={"assignee": "busy"}
    )
    assert legal_moves(Scene(case, actor("busy", directory), office(directory=directory))) == []


def test_verification_records_the_difficulty_and_whether_the_rater_was_reached() -> None:
    case = story(opened_case(), "li claim")
    step = move(act(case, "li", Move.VERIFY, difficulty="complex", reached=True))
    assert (step.case.difficulty, step.case.reached) == ("complex", True)
    assert step.entries[0].details["changes"]["difficulty"] == ["ordinary", "complex"]


def test_supervision_marks_a_case_and_moves_nothing() -> None:
    case = told(opened_case(), "du supervise")
    assert (case.state, case.supervised) == (S.OPENED, True)


def test_an_illegal_move_answers_with_what_would_be_legal() -> None:
    with pytest.raises(Conflict) as refused:
        told(opened_case(), "li submit")
    legal = refused.value.extra["legal"]
    assert legal == [{"move": "claim", "needs": ()}, {"move": "return", "needs": ("reason",)}]


def test_a_role_that_may_not_is_refused_with_what_it_could_do() -> None:
    case = story(opened_case(), "li claim, li verify, li submit")
    with pytest.raises(NotAllowed) as refused:
        move(act(case, "du", Move.CALLBACK, result="satisfied"))
    assert [each["move"] for each in refused.value.extra["legal"]] == ["supervise"]


@pytest.mark.parametrize(
    ("lines", "who", "what", "said", "missing"),
    [
        ("li claim", "li", "appeal", {"reason": "wrong"}, ["/evidence"]),
        ("li claim", "li", "appeal", {}, ["/reason", "/evidence"]),
        ("li claim, li verify", "li", "submit", {}, ["/text"]),
        ("li claim, li appeal", "shen", "uphold", {"reason": "so"}, ["/invalidity"]),
        ("li claim, li verify, li submit", "he", "callback", {}, ["/result"]),
    ],
)
def test_a_move_says_what_it_lacks(
    lines: str, who: str, what: str, said: dict[str, Any], missing: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        move(act(story(opened_case(), lines), who, what, **said))
    assert [each["pointer"] for each in refused.value.extra["errors"]] == missing


def test_what_is_legal_is_told_with_what_each_result_needs() -> None:
    case = story(opened_case(), "li claim, li verify, li submit")
    legal = legal_moves(Scene(case, actor("he"), office()))
    assert {each["result"]: each["needs"] for each in legal} == {
        "satisfied": (),
        "dissatisfied": ("reason",),
        "unreachable": (),
    }


def test_every_move_is_one_line_of_history_and_one_event() -> None:
    case = story(opened_case(), "li claim, li verify")
    step = move(act(case, "li", Move.SUBMIT, text="apologised"))
    (entry,) = step.entries
    assert (entry.version, entry.by, entry.move) == (case.version + 1, "li", "submit")
    assert (entry.before, entry.after) == (S.RECTIFYING, S.AWAITING_CALLBACK)
    assert entry.details["text"] == "apologised"
    assert set(entry.details["changes"]) >= {"submitted_at", "replied_at"}
    assert [type(message) for _, message in step.messages] == [CaseMoved]


def test_closing_is_told_apart_from_moving() -> None:
    case = story(opened_case(), "li claim, li verify, li submit")
    step = move(act(case, "he", Move.CALLBACK, result="satisfied"))
    assert [type(message) for _, message in step.messages] == [CaseMoved, CaseClosed]


def test_a_moved_deadline_is_kept_with_its_old_and_new_value() -> None:
    case = story(opened_case(), "li claim, li verify, li ask_extension")
    step = move(act(case, "zhao", Move.GRANT_EXTENSION))
    assert step.entries[0].details["changes"]["rectify_due_at"] == [
        "2020-03-23T17:00:00+08:00",
        "2020-03-30T17:00:00+08:00",
    ]


def test_attempts_to_call_are_what_the_rules_allow() -> None:
    once = changed(RULES, deadlines={"callback_attempts": 1})
    case = story(opened_case(), "li claim, li verify, li submit")
    command = Command.model_validate(
        {"command_id": "1", "move": "callback", "expected_version": 1, "result": "unreachable"}
    )
    assert move(Act(case, actor("he"), office(rules=once), command)).case.closing is E.UNREACHABLE


def test_every_move_has_a_row_and_every_row_can_be_left() -> None:
    assert {row.move for row in TABLE} == set(Move)
    left = {state for row in TABLE if row.to is not None for state in row.states}
    assert left == set(CaseState)
