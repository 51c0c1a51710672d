"""What the edge takes from a device beside its presses, and how it counts them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from services.capture.devices import HeartbeatForm, check_sequence, config
from services.capture.forms import RatingForm
from services.contracts.actor import Actor, Role
from services.contracts.sequence import NAMESPACE, rating_id
from services.errors import Invalid, NotAllowed
from tests.county import NOON, RULES

KIOSK = Actor("kiosk-1", frozenset({Role.DEVICE}))
HALL = Actor("hall", frozenset({Role.SYSTEM}))


def counted(**fields: Any) -> RatingForm:
    """The 17th press of kiosk-1 in its third epoch."""
    number = {"rating_id": rating_id("kiosk-1", 3, 17), "epoch": 3, "sequence": 17}
    content = {"level": 5, "channel": "tablet", "pressed_at": NOON}
    return RatingForm.model_validate(number | content | fields)


def test_an_id_that_follows_the_count_is_taken() -> None:
    check_sequence(counted(), KIOSK)


def test_a_press_without_a_count_has_an_id_that_was_made_up() -> None:
    uncounted = counted(rating_id=uuid.uuid4(), epoch=None, sequence=None)
    check_sequence(uncounted, KIOSK)
    check_sequence(uncounted, HALL)


def test_leaving_out_the_count_lets_no_device_speak_for_another() -> None:
    """The answer to a press has the receipt of its id, which is its rater's alone."""
    with pytest.raises(Invalid) as refusal:
        check_sequence(counted(epoch=None, sequence=None), replace(KIOSK, id="kiosk-2"))
    [error] = refusal.value.extra["errors"]
    assert error["pointer"] == "/rating_id"


@pytest.mark.parametrize("other", [{"sequence": 18}, {"epoch": 4}])
def test_an_id_that_does_not_follow_the_count_is_refused_with_the_recipe(
    other: dict[str, int],
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_sequence(counted(**other), KIOSK)
    [error] = refusal.value.extra["errors"]
    assert error["pointer"] == "/rating_id"
    assert str(NAMESPACE) in error["detail"]
    assert "kiosk-1:" in error["detail"]


def test_a_device_cannot_use_the_count_of_another() -> None:
    with pytest.raises(Invalid):
        check_sequence(counted(), Actor("kiosk-2", frozenset({Role.DEVICE})))


@pytest.mark.parametrize("newest", [3, 4, None])
def test_an_epoch_that_was_issued_is_taken(newest: int | None) -> None:
    check_sequence(counted(), replace(KIOSK, epoch=newest))


def test_an_epoch_that_was_never_issued_is_refused_with_the_remedy() -> None:
    with pytest.raises(Invalid) as refusal:
        check_sequence(counted(), replace(KIOSK, epoch=2))
    [error] = refusal.value.extra["errors"]
    assert error["pointer"] == "/epoch"
    assert "whose newest is 2: enrol it again" in error["detail"]


def test_only_a_device_counts_its_presses() -> None:
    with pytest.raises(NotAllowed, match="device"):
        check_sequence(counted(), HALL)


@pytest.mark.parametrize(
    "wrong",
    [{"epoch": None}, {"sequence": None}, {"sequence": 0}, {"sequence": True}, {"epoch": 2**53}],
)
def test_a_count_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        counted(**wrong)


def test_the_settings_show_what_may_be_chosen_and_leave_out_what_is_retired() -> None:
    shown = config("kiosk-1", RULES, NOON, NOON)
    codes = {tag.code for tags in shown.tags.values() for tag in tags}
    assert codes == {code for code, tag in RULES.tags.items() if not tag.retired}
    assert "501" in RULES.tags.keys() - codes
    assert all(
        RULES.tags[t.code].level == level for level, tags in shown.tags.items() for t in tags
    )
    assert (shown.levels[5], shown.levels[1]) == ("非常满意", "非常不满意")
    assert (shown.rules, shown.channels["tablet"]) == (RULES.label, "平板电脑")


@pytest.mark.parametrize("wrong", [{"last_sequence": -1}, {"outbox_depth": True}, {"epoch": 0}])
def test_a_heartbeat_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    told = {"epoch": 1, "last_sequence": 0, "outbox_depth": 0, "version": "1"}
    HeartbeatForm.model_validate(told)
    with pytest.raises(ValidationError):
        HeartbeatForm.model_validate(told | wrong)
