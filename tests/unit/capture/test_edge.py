"""The edge: what a form becomes, and what is refused with a reason."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.capture.edge import Edge, fingerprint
from services.capture.forms import ErrandForm, RatingForm
from services.contracts.actor import Actor, Role
from services.contracts.phones import phone_hash
from services.contracts.vocabulary import Level
from services.errors import Invalid, NotAllowed
from tests.county import NOON, RULES

HALL = Actor("hall", frozenset({Role.SYSTEM}))
KIOSK = Actor("kiosk-1", frozenset({Role.DEVICE}))
KEY = b"k" * 32
EDGE = Edge(HALL, RULES, NOON, lambda fields: json.dumps(dict(fields)).encode(), KEY)


def form(**fields: Any) -> RatingForm:
    """A plain press five minutes before noon."""
    defaults = {"rating_id": uuid.uuid4(), "level": 5, "channel": "tablet", "window": "w1"}
    pressed = {"pressed_at": NOON - timedelta(minutes=5)}
    return RatingForm.model_validate(defaults | pressed | fields)


def errors_of(refusal: pytest.ExceptionInfo[Invalid]) -> list[dict[str, str]]:
    """The field errors of a refusal."""
    errors: list[dict[str, str]] = refusal.value.extra["errors"]
    return errors


def test_a_press_keeps_what_it_says() -> None:
    event = EDGE.rating(form(level=1, tags=["110"], item="permit"), "r1")
    assert (event.level, event.tags, event.item, event.window) == (1, ("110",), "permit", "w1")
    assert (event.received_at, event.submitted_by, event.receipt) == (NOON, "hall", "r1")


RANDOM = ("rating_id", "fingerprint")
"""What has any digits in it."""


def test_personal_fields_travel_only_as_one_ciphertext() -> None:
    event = EDGE.rating(form(name="张三", phone="13800000000", comment="排队太久"), "r1")
    assert (
        event.sealed
        == json.dumps({"name": "张三", "phone": "13800000000", "comment": "排队太久"}).encode()
    )
    assert (event.named, event.contactable, event.has_text) == (True, True, True)
    in_the_clear = event.model_dump_json(exclude={"sealed", *RANDOM})
    assert not [secret for secret in ("张三", "138", "排队") if secret in in_the_clear]


def test_a_number_travels_as_a_keyed_hash_the_same_however_it_was_written() -> None:
    one, other = (
        EDGE.rating(form(phone=said), "r") for said in ("13800000000", "+86 138 00000000")
    )
    assert one.phone_hash == other.phone_hash == phone_hash(KEY, "138-0000-0000")
    assert EDGE.rating(form(name="张三"), "r").phone_hash is None


def test_an_address_is_sealed_like_a_name() -> None:
    event = EDGE.rating(form(address="翠亨路15号"), "r1")
    assert event.sealed == json.dumps({"address": "翠亨路15号"}).encode()
    assert "翠亨路" not in event.model_dump_json(exclude={"sealed"})


def test_what_is_wrong_in_a_form_is_said_without_what_was_typed() -> None:
    with pytest.raises(ValidationError) as refused:
        form(phone="13800000000,")
    assert "13800000000" not in str(refused.value)


def test_an_anonymous_press_seals_nothing() -> None:
    event = EDGE.rating(form(), "r1")
    assert (event.sealed, event.named, event.contactable, event.has_text) == (None,) + (False,) * 3


@pytest.mark.parametrize(("tag", "says"), [("999", "no tag 999"), ("110", "belongs to level 1")])
def test_a_tag_that_does_not_fit_is_refused_by_its_position(tag: str, says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        EDGE.rating(form(tags=["510", tag]), "r1")
    [error] = errors_of(refusal)
    assert error["pointer"] == "/tags/1"
    assert says in error["detail"]


def test_a_retired_tag_is_still_understood() -> None:
    assert EDGE.rating(form(tags=["501"]), "r1").tags == ("501",)


def test_a_device_speaks_for_itself() -> None:
    edge = replace(EDGE, actor=KIOSK)
    assert edge.rating(form(), "r1").device == "kiosk-1"
    with pytest.raises(NotAllowed, match="another device"):
        edge.rating(form(device="kiosk-2"), "r1")


def test_an_errand_number_without_its_system_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        EDGE.rating(form(errand_number="A1"), "r1")
    assert "go together" in errors_of(refusal)[0]["detail"]


def test_an_append_that_follows_no_rating_is_refused_before_it_waits_in_vain() -> None:
    with pytest.raises(Invalid) as refusal:
        EDGE.rating(form(turn=2), "r1")
    assert errors_of(refusal)[0]["pointer"] == "/errand_number"
    named = {"source_system": "hall", "errand_number": "A1"}
    assert EDGE.rating(form(turn=2, **named), "r1").key == "hall:A1:completed:1:2"
    assert EDGE.rating(form(turn=2), "r1", appends="first").key == "first:2"


@pytest.mark.parametrize("wrong_by", [timedelta(days=-400), timedelta(hours=9)])
def test_a_wrong_clock_is_mended_by_its_offset(wrong_by: timedelta) -> None:
    """A kiosk whose clock is wrong says so by `sent_at`; the press keeps its distance to it."""
    sent = form(pressed_at=NOON - timedelta(hours=2) + wrong_by, sent_at=NOON + wrong_by)
    assert EDGE.rating(sent, "r1").pressed_at == NOON - timedelta(hours=2)


def test_a_small_delay_is_the_networks_and_moves_nothing() -> None:
    pressed = NOON - timedelta(minutes=3)
    sent = form(pressed_at=pressed, sent_at=NOON - timedelta(seconds=20))
    assert EDGE.rating(sent, "r1").pressed_at == pressed


@pytest.mark.parametrize("queued", [True, False])
def test_a_press_of_a_device_that_had_lost_its_clock_counts_when_it_comes(queued: bool) -> None:
    """Switched on in 1970 and pressed; after the next start the clock was right."""
    edge = replace(EDGE, actor=KIOSK, queued=queued, marks=("stale_at_ingest",) if queued else ())
    lost = form(pressed_at=datetime(1970, 1, 1, 0, 5, tzinfo=UTC), sent_at=NOON)
    event = edge.rating(lost, "r1")
    assert (event.pressed_at, event.marks) == (NOON, (*edge.marks, "no_clock"))
    assert (
        event.fingerprint
        == replace(edge, received_at=NOON + timedelta(1)).rating(lost, "r2").fingerprint
    )


def test_a_kiosk_that_was_offline_for_months_is_believed() -> None:
    months_ago = NOON - timedelta(days=200)
    event = replace(EDGE, actor=KIOSK).rating(form(pressed_at=months_ago, sent_at=NOON), "r1")
    assert (event.pressed_at, event.marks) == (months_ago, ())


def test_a_system_may_send_what_is_years_old() -> None:
    years_ago = NOON - timedelta(days=800)
    assert EDGE.rating(form(pressed_at=years_ago), "r1").pressed_at == years_ago


def test_a_press_in_the_future_needs_a_sent_at_to_be_believed() -> None:
    with pytest.raises(Invalid) as refusal:
        EDGE.rating(form(pressed_at=NOON + timedelta(hours=1)), "r1")
    assert errors_of(refusal)[0]["pointer"] == "/pressed_at"


@given(
    wrong_by=st.timedeltas(timedelta(days=-900), timedelta(days=900)),
    ago=st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_whatever_the_clock_says_a_press_is_never_in_the_future(
    wrong_by: timedelta, ago: timedelta
) -> None:
    sent = form(pressed_at=NOON + wrong_by - ago, sent_at=NOON + wrong_by)
    tolerance = timedelta(seconds=RULES.rating.clock_tolerance_s)
    assert EDGE.rating(sent, "r1").pressed_at <= NOON + tolerance


def test_a_resend_has_the_same_fingerprint_and_other_content_another() -> None:
    first = form(sent_at=NOON)
    again = first.model_copy(update={"sent_at": NOON + timedelta(days=2)})
    other = first.model_copy(update={"level": Level.VERY_DISSATISFIED})
    assert fingerprint(first, KEY) == fingerprint(again, KEY) != fingerprint(other, KEY)


def test_a_fingerprint_outlives_the_version_that_took_it() -> None:
    """Else a kiosk that resends across an upgrade would contradict itself."""
    words = {"phone": "138 0013 8000", "comment": "等了两个小时", "tags": ["110"]}
    said = form(rating_id="018f6f00-0000-4000-8000-000000000001", level=1, **words, sent_at=NOON)
    taken_by_1_0 = "ce8b9114bb1e2ab53afdc8ca2d81b2a627b799dc5479e07c5b1f63ab2711d7e6"
    assert fingerprint(said, KEY) == taken_by_1_0


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 6},
        {"level": True},
        {"channel": "fax"},
        {"pressed_at": datetime(2020, 1, 1)},  # noqa: DTZ001 - a time without its zone
        {"rating_id": "42"},
        {"phone": "call me"},
        {"source_system": "a:b", "errand_number": "1"},
        {"colour": "red"},
    ],
)
def test_a_form_that_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**wrong)


def reached(at: datetime, **fields: Any) -> ErrandForm:
    """A report that an errand was completed."""
    known = {"source_system": "hall", "errand_number": "A1", "stage": "completed"}
    place = {"item": "permit", "unit": "land", "reached_at": at}
    return ErrandForm.model_validate(known | place | fields)


def test_an_errand_of_a_day_to_come_is_refused_for_its_first_report_would_stay() -> None:
    """Some systems know the day alone, and say its last second."""
    tonight = NOON.replace(hour=15, minute=59, second=59)
    assert EDGE.errand(reached(tonight)).reached_at == tonight
    for wrong in (tonight + timedelta(seconds=1), NOON.replace(year=2099)):
        with pytest.raises(Invalid) as refusal:
            EDGE.errand(reached(wrong))
        assert errors_of(refusal)[0]["pointer"] == "/reached_at"
    almost = replace(EDGE, received_at=tonight - timedelta(seconds=10))
    assert almost.errand(reached(tonight + timedelta(minutes=2)))


def test_an_errand_may_name_the_rating_that_was_given_about_it() -> None:
    id = uuid.uuid4()
    assert EDGE.errand(reached(NOON)).rated_as is None
    assert EDGE.errand(reached(NOON, rated_as=id)).rated_as == str(id)
    with pytest.raises(ValidationError):
        reached(NOON, rated_as="no rating id")
