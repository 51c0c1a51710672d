"""Signatures of devices: who signed what, and when."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.signing import DEVICE, ID, SIGNATURE, TIMESTAMP, Signed, sign, signature
from services.errors import NotAuthenticated, StaleSignature

NOW = datetime(2026, 3, 5, 4, tzinfo=UTC)
KEY, NEXT, OTHER = b"k" * 32, b"n" * 32, b"o" * 32
BODY = b'{"level": 5}'


def signed(*keys: bytes, body: bytes = BODY, at: datetime = NOW) -> Signed:
    """What kiosk-1 signed with its keys."""
    return Signed.read(sign("kiosk-1", keys, "m1", at, body))


def test_the_published_vector_of_standard_webhooks_comes_out() -> None:
    """The example with which the scheme's own libraries are tested."""
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert (
        signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_a_device_signed_is_its_own() -> None:
    assert signed(KEY).is_authentic(BODY, [KEY])


@pytest.mark.parametrize("body", [b'{"level": 1}', b"", BODY + b" "])
def test_a_tampered_body_is_not(body: bytes) -> None:
    assert not signed(KEY).is_authentic(body, [KEY])


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_other_body_fits_a_signature(mine: bytes, yours: bytes) -> None:
    assert signed(KEY, body=mine).is_authentic(yours, [KEY]) == (mine == yours)


def test_the_key_of_another_device_does_not_sign_for_this_one() -> None:
    assert not signed(OTHER).is_authentic(BODY, [KEY])


def test_during_rotation_either_key_is_enough_on_either_side() -> None:
    assert signed(NEXT).is_authentic(BODY, [KEY, NEXT])
    assert signed(KEY, NEXT).is_authentic(BODY, [KEY])
    assert signed(KEY, NEXT).is_authentic(BODY, [NEXT])


def test_a_device_without_keys_signs_nothing() -> None:
    assert not signed(KEY).is_authentic(BODY, [])
    assert not signed().is_authentic(BODY, [KEY])


@pytest.mark.parametrize("name", [ID, TIMESTAMP])
def test_the_id_and_the_time_are_signed_too(name: str) -> None:
    headers = sign("kiosk-1", [KEY], "m1", NOW, BODY) | {name: "7"}
    assert not Signed.read(headers).is_authentic(BODY, [KEY])


@pytest.mark.parametrize("name", [DEVICE, ID, TIMESTAMP])
@pytest.mark.parametrize("wrong", ["", "a.b", "评价器", "x" * 65])
def test_a_header_that_is_missing_or_wrong_is_named(name: str, wrong: str) -> None:
    headers = sign("kiosk-1", [KEY], "m1", NOW, BODY) | {name: wrong}
    with pytest.raises(NotAuthenticated, match=name):
        Signed.read(headers)


def test_an_id_with_a_dot_cannot_move_what_was_signed() -> None:
    """`a.5` at 6 and `a` at 5 over `6.` would read the same."""
    assert signature(KEY, "a.5", 6, b"x") == signature(KEY, "a", 5, b"6.x")
    with pytest.raises(NotAuthenticated, match=ID):
        Signed.read(sign("kiosk-1", [KEY], "a.5", NOW, BODY))


@pytest.mark.parametrize("garbage", ["v1", "v1,", "v2,AAAA", "评价", "v1,é v1,"])
def test_garbage_is_no_signature(garbage: str) -> None:
    headers = sign("kiosk-1", [KEY], "m1", NOW, BODY) | {SIGNATURE: garbage}
    assert not Signed.read(headers).is_authentic(BODY, [KEY])


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_five_minutes_are_tolerated_on_either_side(minutes: int) -> None:
    signed(KEY, at=NOW + timedelta(minutes=minutes)).demand_fresh(NOW)


@pytest.mark.parametrize("seconds", [-301, 301, -(10**8)])
def test_a_stale_signature_is_answered_with_the_time(seconds: int) -> None:
    with pytest.raises(StaleSignature) as refusal:
        signed(KEY, at=NOW + timedelta(seconds=seconds)).demand_fresh(NOW)
    assert refusal.value.extra == {"now": NOW.isoformat()}
