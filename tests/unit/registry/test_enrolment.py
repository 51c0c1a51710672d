"""Enrolment: codes, epochs, rotation and the end of keys."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.keyring import Ring
from services.errors import Conflict
from services.registry.enrolment import (
    CODE_VALID,
    MOST_KEYS,
    OVERLAP,
    CodeRefused,
    code_hash,
    enrolled,
    readable_code,
    revoked,
    rotated,
    with_code,
)

NOW = datetime(2026, 3, 5, 4, tzinfo=UTC)
EMPTY = Ring(device="kiosk-1")
LATER = timedelta(milliseconds=1)


def ring(now: datetime = NOW) -> Ring:
    """A device that was enrolled once, with key `one`."""
    return enrolled(with_code(EMPTY, "hash", "admin", now), b"one", now)


def test_a_code_can_be_typed_in_any_case_with_or_without_hyphens() -> None:
    code = readable_code(bytes(range(10)))
    assert code == "AAAQ-EAYE-AUDA-OCAJ"
    assert code_hash(code) == code_hash(" aaaqeaye audaocaj ") != code_hash("AAAQ-EAYE-AUDA-OCAA")


def test_a_code_is_valid_for_a_day() -> None:
    issued = with_code(EMPTY, "hash", "admin", NOW)
    assert enrolled(issued, b"one", NOW + CODE_VALID - LATER).epoch == 1
    with pytest.raises(CodeRefused):
        enrolled(issued, b"one", NOW + CODE_VALID)


def test_a_code_is_used_up_by_the_enrolment() -> None:
    assert ring().code_hash is None
    with pytest.raises(CodeRefused):
        enrolled(ring(), b"two", NOW)


def test_each_enrolment_issues_the_next_epoch_and_ends_the_former_keys() -> None:
    again = enrolled(with_code(ring(), "hash2", "admin", NOW), b"two", NOW)
    assert (again.epoch, again.sealed_keys(NOW)) == (2, (b"two",))


def test_a_key_that_ended_is_kept_for_letters_that_wait_until_all_are_revoked() -> None:
    again = enrolled(with_code(ring(), "hash2", "admin", NOW), b"two", NOW)
    assert b"one" in again.sealed_keys(NOW - LATER)
    assert revoked(again, "admin", NOW).sealed_keys(NOW - LATER) == ()


def test_an_epoch_is_not_issued_again_after_everything_was_revoked() -> None:
    gone = revoked(ring(), "admin", NOW)
    assert (gone.epoch, gone.sealed_keys(NOW)) == (1, ())
    assert enrolled(with_code(gone, "h", "admin", NOW), b"two", NOW).epoch == 2


def test_revoking_voids_a_code_that_was_not_used_yet() -> None:
    with pytest.raises(CodeRefused):
        enrolled(revoked(with_code(EMPTY, "h", "admin", NOW), "admin", NOW), b"one", NOW)


def test_after_a_rotation_two_keys_sign_until_the_overlap_ends() -> None:
    two = rotated(ring(), b"two", "m1", NOW)
    assert two.sealed_keys(NOW + OVERLAP - LATER) == (b"one", b"two")
    assert two.sealed_keys(NOW + OVERLAP) == (b"two",)


def test_rotating_again_never_lengthens_the_life_of_an_old_key() -> None:
    """A device whose answers are lost keeps asking with the key that it has."""
    kept = ring()
    for day in range(3):
        kept = rotated(kept, b"next", f"m{day}", NOW + timedelta(days=day))
    assert kept.keys[0].valid_until == NOW + OVERLAP


def test_a_key_that_ended_is_kept_by_a_rotation_as_well() -> None:
    again = enrolled(with_code(ring(), "hash2", "admin", NOW), b"two", NOW)
    assert b"one" in rotated(again, b"three", "m1", NOW).sealed_keys(NOW - LATER)


def test_a_replayed_rotation_gets_nothing() -> None:
    with pytest.raises(Conflict, match="answered before"):
        rotated(rotated(ring(), b"two", "m1", NOW), b"three", "m1", NOW)


def test_a_device_without_a_key_cannot_rotate() -> None:
    with pytest.raises(Conflict, match="0 keys"):
        rotated(EMPTY, b"two", "m1", NOW)


def test_there_is_an_end_to_the_keys_of_one_device() -> None:
    kept = ring()
    for number in range(MOST_KEYS - 1):
        kept = rotated(kept, b"next", f"m{number}", NOW)
    with pytest.raises(Conflict, match="administrator"):
        rotated(kept, b"next", "one more", NOW)


def test_every_step_stays_on_record_with_who_did_it() -> None:
    steps = [(step.what, step.by) for step in revoked(ring(), "admin", NOW).steps]
    assert steps == [("code issued", "admin"), ("enrolled", "kiosk-1"), ("revoked", "admin")]


def moved(kept: Ring, move: str, number: int) -> Ring:
    """The ring after a move, an hour after the one before it."""
    now = NOW + timedelta(hours=number)
    match move:
        case "code":
            return with_code(kept, "h", "admin", now)
        case "enrol":
            return enrolled(kept, b"k", now)
        case "rotate":
            return rotated(kept, b"n", str(number), now)
        case _:
            return revoked(kept, "admin", now)


@given(st.lists(st.sampled_from(("code", "enrol", "rotate", "revoke")), max_size=20))
def test_whatever_happens_epochs_only_rise_and_each_is_issued_once(moves: list[str]) -> None:
    kept, epochs = EMPTY, []
    for number, move in enumerate(moves):
        with suppress(CodeRefused, Conflict):
            kept = moved(kept, move, number)
            epochs += [kept.epoch] if move == "enrol" else []
    assert epochs == list(range(1, len(epochs) + 1))
    assert kept.version == len(kept.steps)
