"""Links: what is signed cannot be changed, and one link is one rating."""

from __future__ import annotations

import hashlib
import json
import string
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.capture.links import LinkForm, Said, Subject, key_of, rating_form, subject_of
from services.contracts.sequence import rating_id
from services.contracts.vocabulary import Channel, Level
from services.errors import NotFound
from tests.county import NOON

KEY = key_of(b"ledger" * 6)
CODES = st.text(
    string.ascii_letters + string.digits + "渭源-_ /~.", min_size=1, max_size=20
).filter(str.strip)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def subject(**fields: Any) -> Subject:
    """A link of the hall about errand A1, good for a day."""
    about = {"channel": "sms", "source_system": "hall", "errand_number": "A1", "issued_by": "hall"}
    return Subject.model_validate({**about, "expires": NOON + timedelta(days=1), **fields})


@given(number=CODES, window=st.none() | CODES, expires=st.none() | TIMES)
def test_a_link_says_what_it_was_issued_for(
    number: str, window: str | None, expires: datetime | None
) -> None:
    issued = subject(errand_number=number, window=window, expires=expires)
    token = issued.token(KEY)
    assert subject_of(token, KEY) == issued
    assert set(token) <= set(string.ascii_letters + string.digits + "-_~")
    assert subject_of(token, KEY).rating_id == issued.rating_id


@given(data=st.data())
def test_no_character_of_a_link_can_be_changed(data: st.DataObject) -> None:
    token = subject().token(KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_~=. "))
    changed = token[:at] + other + token[at + 1 :]
    if changed == token:
        return
    with pytest.raises(NotFound, match="not one of ours"):
        subject_of(changed, KEY)


@given(token=st.text(max_size=60))
def test_what_nobody_issued_is_kindly_unknown(token: str) -> None:
    with pytest.raises(NotFound, match="as you received it"):
        subject_of(token, KEY)


def test_ten_thousand_guesses_find_no_link() -> None:
    """Each guess is a whole link, right but for its seal of 128 bits."""
    body = subject().token(KEY).partition("~")[0]
    for number in range(10_000):
        guess = urlsafe_b64encode(hashlib.blake2s(b"%d" % number, digest_size=16).digest())
        with pytest.raises(NotFound):
            subject_of(f"{body}~{guess.decode().rstrip('=')}", KEY)


def test_a_link_of_another_installation_is_unknown() -> None:
    with pytest.raises(NotFound):
        subject_of(subject().token(key_of(b"other" * 7)), KEY)


def test_two_errands_never_share_a_rating_and_a_link_has_one() -> None:
    ids = [subject(errand_number=number).rating_id for number in ("A1", "A2", "A1")]
    assert ids[0] == ids[2] != ids[1]
    said = Said(level=Level.SATISFIED)
    forms = [rating_form(subject(), said, NOON) for _ in range(2)]
    assert forms[0] == forms[1]
    assert forms[0].channel is Channel.SMS


def test_each_press_on_a_plate_is_a_rating_of_its_own() -> None:
    plate = subject(source_system=None, errand_number=None, window="w1", expires=None)
    said = Said(level=Level.SATISFIED)
    assert rating_form(plate, said, NOON).rating_id != rating_form(plate, said, NOON).rating_id
    again = Said.model_validate({"level": 4, "press": "7c1d8c1e-56f6-4a68-9d80-b6c2a35a3a3f"})
    assert rating_form(plate, again, NOON).rating_id == rating_form(plate, again, NOON).rating_id


def test_nobody_can_speak_for_a_kiosk_or_another_plate_through_a_plate() -> None:
    """How a kiosk names its presses is public, and whoever knows an id must not get its receipt."""
    of_a_kiosk = rating_id("kiosk-1", 1, 17)
    said = Said.model_validate({"level": 1, "press": str(of_a_kiosk)})
    plates = [
        subject(source_system=None, errand_number=None, window=window, expires=None)
        for window in ("w1", "w2")
    ]
    ids = {rating_form(plate, said, NOON).rating_id for plate in plates}
    assert len(ids | {of_a_kiosk}) == 3


def test_a_link_is_over_at_the_instant_it_names() -> None:
    link = subject(expires=NOON)
    assert not link.over(NOON - timedelta(milliseconds=1))
    assert link.over(NOON)
    assert not subject(expires=None).over(NOON + timedelta(days=9999))


@pytest.mark.parametrize("channel", ["tablet", "phone", "pc"])
def test_a_link_goes_out_by_sms_or_qr(channel: str) -> None:
    body = {"source_system": "hall", "errand_number": "A1", "expires": NOON, "channel": channel}
    with pytest.raises(ValidationError, match="sms or qr"):
        LinkForm.model_validate(body)


@pytest.mark.parametrize(
    "wrong", [{"level": True}, {"level": 0}, {}, {"level": 5, "device": "k"}, [], 5]
)
def test_what_a_citizen_says_is_checked(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Said.model_validate_json(json.dumps(wrong))
