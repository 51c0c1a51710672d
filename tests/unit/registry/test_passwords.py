"""What a password has to be: long, one's own, and nothing that is guessed first."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.passwords import (
    SHORTEST,
    is_guessed_first,
    normalised,
    one_time_password,
    signing_name,
    weaknesses,
)

GOOD = "korrekt pferd batterie"


def wrong(password: str, id: str = "li-na", name: str = "李娜") -> str:
    """What is wrong with it, in one text."""
    return "; ".join(weaknesses(password, id, name))


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "四月的河水很凉而且很清澈见底",
        "Tr0ub4dor&3-Kiste",
        "vier wände aus glas",
        "x9!kf-pQ2_mz",
    ],
)
def test_whatever_is_long_and_ones_own_is_taken_of_whichever_characters(password: str) -> None:
    assert wrong(password) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kurz!9Xy", "at least 12 characters"),
        ("x" * 257, "at most 256 characters"),
        ("abababababab", "6 different"),
        ("Li-Na hat ein Rad", "your name or id"),
        ("ｌｉ－ｎａ und ihr rad", "your name or id"),
        ("李娜的自行车停在河边的大树下面", "your name or id"),
    ],
)
def test_what_is_wrong_is_said(password: str, why: str) -> None:
    assert why in wrong(password)


@pytest.mark.parametrize(
    "password",
    [
        "password123456",
        "Admin@12345678",
        "qwertyuiop1234",
        "1qaz2wsx3edc",
        "Huawei@2026!!!",
        "haoping-haoping-1",
        "WoAiNi1314520!",
        "P@ssword--2024",
        "abc123abc123abc",
        "我爱你中国2025密码!!",
    ],
)
def test_what_is_guessed_first_is_refused_however_it_is_put_together(password: str) -> None:
    assert "guessed first" in wrong(password)


def test_a_name_of_two_letters_forbids_nothing() -> None:
    assert wrong("korrekt an der batterie", id="an", name="安") == ""


@given(st.text(max_size=SHORTEST - 1))
def test_nothing_short_is_ever_taken(password: str) -> None:
    assert len(normalised(password)) >= SHORTEST or wrong(password)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=30, max_size=60))
def test_what_is_hashed_is_the_same_on_every_device(password: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in password)
    assert normalised(wide) == password


@pytest.mark.parametrize("typed", ["li-na", "LI-NA", " Li-Na\t", "ｌｉ－ｎａ"])
def test_a_name_is_the_same_in_every_letter_case_and_width(typed: str) -> None:
    assert signing_name(typed) == "li-na"


def test_a_one_time_password_can_be_read_out_and_is_none_that_is_guessed() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", each) for each in made)
    assert not any(is_guessed_first(each) for each in made)
