"""What was planted into any text does not survive its masking."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.logs import Redacting
from services.contracts.masking import (
    SPOKEN,
    digits_of,
    is_card,
    is_certificate,
    masked_address,
    masked_text,
    redacted,
)

LETTERS = st.characters(exclude_categories=["Nd", "No", "Nl", "Cs"], exclude_characters=[*SPOKEN])
AROUND = st.text(LETTERS, max_size=20)
NUMBERS = st.text("0123456789", min_size=6, max_size=19)
SCRIPTS = ("0123456789", "０１２３４５６７８９", "零一二三四五六七八九", "٠١٢٣٤٥٦٧٨٩")
GAPS = st.sampled_from(["", "", "", " ", "-", "－", "—", ".", "·", "\u3000", "，", " / ", "("])


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """A number as somebody may write it: in any script, with anything between the digits."""
    script = draw(st.sampled_from(SCRIPTS))
    gaps = draw(st.lists(GAPS, min_size=len(number), max_size=len(number)))
    return "".join(script[int(digit)] + gap for digit, gap in zip(number, gaps, strict=True))


def test_blanks_make_no_number_longer_than_its_digits() -> None:
    assert masked_text("120 / 00 1", {}) == "******** 1"


@given(st.data(), NUMBERS, AROUND, AROUND)
def test_no_number_survives_however_it_is_written(
    data: st.DataObject, number: str, before: str, after: str
) -> None:
    text = before + data.draw(written(number)) + after
    assert number not in digits_of(masked_text(text, {}))


NAMES = st.text(st.characters(categories=["Lo", "Lu", "Ll"]), min_size=2, max_size=8)


@given(NAMES)
def test_no_name_survives_that_was_given_also_spelt_out(name: str) -> None:
    spelt = " ".join(name)
    shown = masked_text(f"1. {name}, 2. {spelt}.", {"name": name})
    assert name not in shown
    assert spelt not in shown
    assert shown.count(f"{name[0]}*") == 2


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我住在翠亨路15号3栋502室，等了很久", "我住在**路***，等了很久"),
        ("地址：幸福小区三单元二零一", "地址：**小区***二零一"),
        ("在3号窗口排了2小时", "在3号窗口排了2小时"),
        ("走到人民路3号窗口", "走到人民路3号窗口"),
        ("写信到 zhang.san@example.com 吧", "写信到 z***@*** 吧"),
        ("12月5日来过，第3次了", "12月5日来过，第3次了"),
    ],
)
def test_where_somebody_lives_is_masked_and_windows_are_not(said: str, shown: str) -> None:
    assert masked_text(said, {}) == shown


def test_an_address_that_was_given_is_masked_within_the_words_too() -> None:
    known = {"address": "广东省中山市某处"}
    assert masked_text("寄到广东省中山市某处", known) == "寄到广东省*****"
    assert masked_address("某处") == "某处*"


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_a_citizens_number_is_known_by_its_check_digit(number: str) -> None:
    """Examples of GB 11643-1999."""
    assert is_certificate(number)
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    assert not is_certificate(wrong)


def test_a_bank_card_is_known_by_luhns_sum() -> None:
    assert is_card("4111 1111 1111 1111")
    assert not is_card("4111 1111 1111 1112")
    assert not is_card("18")


@given(AROUND, AROUND)
def test_no_number_of_a_person_survives_in_a_line_of_the_log(before: str, after: str) -> None:
    numbers = ("13800001234", "11010519491231002X", "4111111111111111")
    for number in numbers:
        assert number not in redacted(f"{before} {number} {after}")


def test_what_a_log_is_made_of_stays() -> None:
    line = "2020-03-05 12:00:00,123 INFO 1606465000000 case-13800001234567ff took 15012345678901 ns"
    assert redacted(line) == line


def test_a_traceback_is_masked_like_its_line() -> None:
    try:
        raise ValueError("cannot read 13800001234")
    except ValueError:
        record = logging.LogRecord("x", 40, "x", 1, "of %s", ("13900001234",), sys.exc_info())
    line = Redacting("%(message)s").format(record)
    assert "of 139****1234" in line
    assert "cannot read 138****1234" in line
    assert "13800001234" not in line
