from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.contracts.rectification import case_id, rating_case_id
from services.contracts.vocabulary import Channel, Level
from services.rectify.opening import Report, Unopened, for_report, why_unopened
from tests.unit.rectify.county import KEY, RULES, bad_rating, changed, office, opened_case


@pytest.mark.parametrize(
    ("opens_when", "facts", "reason"),
    [
        ("always", {"linked": False, "has_text": False}, None),
        ("linked", {"linked": True}, None),
        ("linked", {"linked": False}, Unopened.NOT_LINKED),
        ("has_text", {"has_text": True}, None),
        ("has_text", {"has_text": False}, Unopened.NO_TEXT),
        ("always", {"level": Level.BASICALLY_SATISFIED}, Unopened.NOT_BAD),
    ],
)
def test_the_rules_say_which_bad_ratings_open_a_case(
    opens_when: str, facts: dict[str, Any], reason: Unopened | None
) -> None:
    rules = changed(cases={"opens_when": opens_when})
    assert why_unopened(bad_rating(**facts), rules) is reason


def test_a_channel_may_open_no_cases() -> None:
    channels = RULES.channels.model_dump()["by_code"]
    channels[Channel.PHONE]["opens_cases"] = False
    rules = changed(channels={"by_code": channels})
    assert why_unopened(bad_rating(channel=Channel.PHONE), rules) is Unopened.CHANNEL
    assert why_unopened(bad_rating(), rules) is None


def test_a_case_id_follows_from_what_the_case_is_about() -> None:
    assert case_id("biz:1") == case_id("biz:1") != case_id("biz:2")
    assert len(case_id("biz:1").removeprefix("case-")) == 16


def test_a_clerk_who_knows_the_errands_of_a_window_cannot_tell_which_case_is_whose() -> None:
    errand = "biz:0001:completed:1:1"
    id = opened_case(rating_key=errand).id
    assert id == rating_case_id(KEY, errand)
    assert id not in {case_id(errand), rating_case_id(b"o" * 32, errand)}


def test_a_case_for_a_rating_is_not_opened_by_hand() -> None:
    with pytest.raises(ValidationError, match="opens by itself"):
        Report.model_validate({"source": "rating", "reference": "1", "unit": "social"})


def test_a_forced_review_at_the_top_has_nobody_above_to_open_it() -> None:
    report = Report.model_validate({"source": "forced_review", "reference": "1", "unit": "bureau"})
    assert for_report(report, office()).home == "bureau"
