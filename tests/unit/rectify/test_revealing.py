"""Who may know who the rater is, what is shown of them otherwise, and what is recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.actor import MAY, Action, Role
from services.contracts.masking import masked_name, masked_number, masked_text
from services.errors import Conflict, NotAllowed
from services.rectify.accusing import accused
from services.rectify.case import legal_moves, move
from services.rectify.decision import Act
from services.rectify.document import Kept, kept, opening
from services.rectify.examining import fault
from services.rectify.facts import Case
from services.rectify.identities import Identities
from services.rectify.opening import Report, for_rating, opened
from services.rectify.raterviews import RevealForm, Told, masked, revealed
from services.rectify.repository import Cases
from services.rectify.revealing import demand_not_rated, may_reveal, record
from services.rectify.views import masked_line
from tests.fake import fake_database
from tests.hall import Plain
from tests.unit.rectify.county import (
    KEY,
    MONDAY,
    RULES,
    act,
    actor,
    bad_rating,
    lived,
    office,
    story,
)

WHY = RevealForm(command_id="1", reason="the phone number is needed to apologise")
PERSONAL = {"name": "王小明", "phone": "13800001234", "certificate": "622426199001011234"}


def seen(case: Case) -> Kept:
    """The case as it is read."""
    return Kept(case, "", ())


def who_may(case: Case) -> set[str]:
    """The people of the county who may know who gave this rating."""
    people = "li wu wang zhao inner qian sun dong shen he du".split()
    return {id for id in people if may_reveal(actor(id), seen(case), office())}


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        ("", set()),
        ("li claim", {"li"}),
        ("li claim, li verify", {"li"}),
        ("li claim, li verify, li submit", {"he"}),
        ("li claim, li verify, li submit, he satisfied", set()),
        ("li claim, li appeal", {"shen"}),
    ],
)
def test_only_whoever_has_to_reach_the_rater_now_may_know_them(
    lines: str, people: set[str]
) -> None:
    case = lived(lines)
    assert who_may(case) == people


def test_of_a_rating_without_name_or_number_there_is_nothing_to_know() -> None:
    case = lived("li claim", named=False, contactable=False)
    assert who_may(case) == set()


def test_the_rated_and_their_window_do_not_even_see_what_was_written() -> None:
    at_window, about_li = seen(lived(window="w1")), seen(lived(staff="li"))
    for id, before in (("wang", at_window), ("li", about_li)):
        with pytest.raises(NotAllowed):
            demand_not_rated(actor(id), before, office())
    demand_not_rated(actor("li"), at_window, office())


def test_knowing_is_no_move_that_a_command_can_make() -> None:
    case = lived("li claim")
    with pytest.raises(Conflict, match="reveal of the case"):
        move(act(case, "li", "reveal", reason="curious"))
    legal = legal_moves(Act(case, actor("li"), office(), act(case, "li", "claim").command))
    assert "reveal" not in {each["move"] for each in legal}


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(reason: str) -> None:
    with pytest.raises(ValidationError):
        RevealForm(command_id="1", reason=reason)


def test_each_request_is_one_line_of_the_history_however_often_it_is_answered() -> None:
    cases = Cases(fake_database(), KEY, RULES)
    step = opened(for_rating(bad_rating(), "case-1", office()), office())
    cases.open(step)
    id = step.case.id
    taken = act(kept(opening(step, KEY, RULES)).case, "li", "claim")
    before = cases.find(id)
    assert before
    assert cases.save(before, move(taken), taken.command)
    for _ in range(2):
        record(cases, office(), actor("li"), id, WHY)
    record(cases, office(), actor("li"), id, WHY.model_copy(update={"command_id": "2"}))
    looks = [each for each in cases.history(id) if each["move"] == "reveal"]
    assert [(each["by"], each["details"]["reason"]) for each in looks] == [("li", WHY.reason)] * 2
    assert fault(KEY, cases.whole_case(id)) is None


GOOD = {
    "_id": "biz:0002:completed:1:1",
    "rating_id": "r2",
    "unit": "social",
    "level": 5,
    "pressed_at": MONDAY,
    "named": True,
    "contactable": True,
}


def test_whoever_told_that_a_good_rating_was_demanded_is_called_back() -> None:
    case = opened(accused(GOOD, office()), office()).case
    assert (case.rating_key, case.handler, case.state) == (None, "bureau", "opened")
    told = story(case, "sun claim, sun verify")
    assert who_may(told) == {"sun"}
    submitted = story(told, "sun submit")
    assert who_may(submitted) == {"he"}
    assert story(submitted, "he satisfied").closing == "satisfied"
    db = fake_database()
    db["ratings"].insert_one({**GOOD, "turn": 1, "sealed": Plain().seal(PERSONAL)})
    identities = Identities(db, Plain().open)
    rating, append = identities.about(submitted.rater_key)
    assert rating is not None
    assert revealed(rating, append, MONDAY).phone == PERSONAL["phone"]
    assert identities.told(submitted.rater_key).known["name"] == PERSONAL["name"]


def test_nobody_says_in_a_report_whose_rater_they_want_to_know() -> None:
    report = {"source": "letter", "reference": "1", "unit": "social", "told_by": GOOD["_id"]}
    with pytest.raises(ValidationError):
        Report.model_validate(report)


def test_the_table_of_roles_names_who_may_ask() -> None:
    assert MAY[Action.REVEAL_RATER] == {
        Role.OFFICER,
        Role.CALLER,
        Role.AUDITOR,
        Role.SUPERVISOR,
    }


def test_what_everybody_sees_is_masked_also_within_the_words() -> None:
    said = "我是王小明，电话13800001234，另一个 139 1111 2222，等了3小时"
    rating = {"personal": {**PERSONAL, "comment": said}, "stage": "completed"}
    shown = masked(rating, None, may_reveal=True)
    assert (shown.name, shown.phone, shown.certificate) == (
        "王**",
        "138****1234",
        "622***********1234",
    )
    assert shown.comment == "我是王**，电话138****1234，另一个 139******2222，等了3小时"


def test_of_an_anonymous_rating_the_errand_and_the_time_are_personal_too() -> None:
    exact = {"errand_number": "A1", "pressed_at": MONDAY, "stage": "completed"}
    nobody = masked({"personal": {}, **exact}, None, may_reveal=False)
    assert (nobody.errand_number, nobody.pressed_at, nobody.stage) == (None, None, "completed")
    named = masked({"personal": PERSONAL, **exact}, None, may_reveal=False)
    assert (named.errand_number, named.pressed_at) == ("A1", MONDAY)


def test_what_officers_wrote_names_no_rater_and_no_number_either() -> None:
    words = {"text": "已致电王小明13800001234", "reason": "见 622426199001011234", "result": "x"}
    line = {"move": "submit", "by": "li", "details": words}
    told = Told({name: PERSONAL[name] for name in ("name", "phone")})
    shown = masked_line(line, told)["details"]
    assert shown == {
        "text": "已致电王**138****1234",
        "reason": "见 622***********1234",
        "result": "x",
    }
    assert line["details"] is words


def test_the_words_of_an_append_hide_the_name_that_it_gives() -> None:
    append = {"personal": {"name": "王小明", "comment": "我是王小明，还是没人理"}}
    assert masked({"personal": {}}, append, may_reveal=False).append == "我是王**，还是没人理"


@given(st.text(alphabet="0123456789", min_size=6, max_size=30))
def test_no_long_number_is_left_whole(number: str) -> None:
    assert number not in masked_text(f"请打{number}。", {})
    assert masked_number(number) != number


@given(st.text(min_size=1, max_size=30))
def test_a_masked_name_keeps_no_more_than_its_first_letter(name: str) -> None:
    assert set(masked_name(name)[1:]) == {"*"}
