"""What a receipt says at each stage of a rating's life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.errors import Gone
from services.rectify.case import move
from services.rectify.decision import Act
from services.rectify.facts import Case, Command, Move
from services.rectify.parties import SYSTEM
from services.rectify.phrases import STAGES, Language
from services.rectify.receipts import Known, ReceiptShown, receipt
from tests.unit.rectify.county import MONDAY, act, office, opened_case, story

RATING: dict[str, Any] = {
    "_id": "biz:0001:completed:1:1",
    "rating_id": "r1",
    "level": 2,
    "turn": 1,
    "channel": "tablet",
    "unit": "social",
    "day": "2020-03-02",
    "pressed_at": MONDAY,
    "standing": "valid",
    "linked": True,
}


def shown(
    case: Case | None = None,
    rating: dict[str, Any] | None = RATING,
    lang: Language = Language.ZH,
    **known: Any,
) -> ReceiptShown:
    """The receipt on that Monday."""
    found = {"append": None, "history": (), "due_at": None} | known
    return receipt(Known(rating, case=case, **found), office(), lang)


def test_a_rating_on_its_way_is_received() -> None:
    assert shown(rating=None).stage == "received"


def test_a_good_rating_is_stored_and_needs_no_case() -> None:
    told = shown(rating=RATING | {"level": 5})
    assert (told.stage, told.says) == ("no_case", "评价已入库，无需整改，谢谢")
    assert (told.level, told.unit, told.append, told.objection) == (5, "社保局", "open", "none")
    assert "no case is needed" in shown(rating=RATING | {"level": 5}, lang=Language.EN).says


def test_a_bad_rating_whose_case_is_not_there_yet_says_so() -> None:
    assert shown().stage == "opening"


def test_every_state_and_closing_has_words_in_both_languages() -> None:
    for lines in (
        "li claim",
        "li return",
        "li claim, li verify",
        "li claim, li appeal",
        "li claim, li appeal, shen uphold",
        "li claim, li verify, li submit",
        "li claim, li verify, li submit, he satisfied",
        "li claim, li verify, li submit, he unreachable, he unreachable, he unreachable",
    ):
        told = shown(story(opened_case(), lines), lang=Language.EN)
        assert told.says == STAGES[told.stage][Language.EN]
        assert told.says != shown(story(opened_case(), lines)).says


def entry(move: str, **details: Any) -> dict[str, Any]:
    """A line of a history."""
    return {"move": move, "details": details}


def test_the_reply_is_shown_once_it_went_out() -> None:
    waiting = [entry("submit", text="first"), entry("explain", text="the law forbids it")]
    assert shown(opened_case(), history=waiting).reply == "first"
    declined = [*waiting, entry("decline", reason="no"), entry("explain", text="better words")]
    assert shown(opened_case(), history=declined).reply == "first"
    assert shown(opened_case(), history=[*declined, entry("confirm")]).reply == "better words"


def test_an_append_is_given_once() -> None:
    told = shown(opened_case(), append={"level": 1})
    assert (told.append, told.append_level) == ("given", 1)


def invalidated() -> Case:
    """A case whose rating was found mistaken, and marked by the store."""
    case = story(opened_case(), "li claim, li appeal, shen uphold")
    command = Command(command_id="i", move=Move.INVALIDATE, expected_version=case.version)
    return move(Act(case, SYSTEM, office(), command)).case


def test_the_rater_of_an_invalid_rating_reads_why_and_may_object() -> None:
    marked = RATING | {"standing": "invalid", "decisions": [{"reason": "malicious"}]}
    said = [entry("uphold", reason="three the same minute"), entry("invalidate")]
    told = shown(invalidated(), marked, history=said)
    assert (told.stage, told.append, told.objection) == ("closed_invalidated", "closed", "open")
    assert told.invalid_because == "经核实属恶意评价"
    assert told.decided == "three the same minute"


def test_an_objection_waits_and_is_answered() -> None:
    marked = RATING | {"standing": "invalid", "decisions": [{"reason": "wrong"}]}
    case = invalidated()
    command = Command(command_id="o", move=Move.OBJECT, expected_version=case.version, text="x")
    waiting = move(Act(case, SYSTEM, office(), command)).case
    told = shown(waiting, marked)
    assert (told.stage, told.objection) == ("objection_review", "waiting")
    dismissed = move(act(waiting, "du", Move.DISMISS, reason="nothing new")).case
    assert shown(dismissed, marked).objection == "dismissed"
    sustained = move(act(waiting, "du", Move.SUSTAIN, reason="true")).case
    assert (shown(sustained).stage, shown(sustained).objection) == ("rectifying", "sustained")


def test_a_receipt_ends_a_year_after_the_press() -> None:
    last = office(MONDAY + timedelta(days=365))
    assert (
        receipt(Known(RATING, None, None, (), None), last, Language.ZH).expires_on == "2021-03-02"
    )
    over = office(MONDAY + timedelta(days=365, seconds=1))
    with pytest.raises(Gone, match="过期"):
        receipt(Known(RATING, None, None, (), None), over, Language.ZH)


def test_nothing_about_officers_is_shown() -> None:
    case = opened_case(staff="wang", window="w1")
    told = shown(story(case, "li claim")).model_dump_json()
    assert not [who for who in ("wang", "li", "w1", "biz:") if f'"{who}' in told]
