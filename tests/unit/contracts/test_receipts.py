"""Receipt codes: only ours are read, however they are typed."""

from __future__ import annotations

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.receipts import (
    LENGTH,
    LETTERS,
    append_id,
    code_of,
    rating_id_of,
    receipt_of,
)
from services.errors import NotFound

SECRET = b"ledger" * 6


@given(st.uuids())
def test_a_code_says_which_rating_it_is_about(id: uuid.UUID) -> None:
    code = code_of(SECRET, id)
    assert (len(code), set(code) <= set(LETTERS)) == (LENGTH, True)
    assert rating_id_of(SECRET, code) == str(id)


@given(st.uuids(), st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_a_code_with_one_other_letter_is_unknown(id: uuid.UUID, place: int, letter: str) -> None:
    code = code_of(SECRET, id)
    changed = code[:place] + letter + code[place + 1 :]
    if changed != code:
        with pytest.raises(NotFound, match="没有这个回执码"):
            rating_id_of(SECRET, changed)


def test_ten_thousand_guesses_find_no_receipt() -> None:
    drawing = random.Random(7)
    for _ in range(10_000):
        with pytest.raises(NotFound):
            rating_id_of(SECRET, "".join(drawing.choices(LETTERS, k=LENGTH)))


@given(st.uuids())
def test_a_code_of_another_installation_is_unknown(id: uuid.UUID) -> None:
    with pytest.raises(NotFound):
        rating_id_of(SECRET, code_of(b"another" * 5, id))


@pytest.mark.parametrize("code", ["", "0" * 39, "U" * 40, "渭" * 40, "-" * 40])
def test_what_is_no_code_is_unknown(code: str) -> None:
    with pytest.raises(NotFound):
        rating_id_of(SECRET, code)


def test_a_code_is_read_as_people_type_it() -> None:
    id = uuid.uuid4()
    receipt = receipt_of(SECRET, str(id), "https://hp.example")
    assert receipt is not None
    assert [len(group) for group in receipt.code.split("-")] == [5] * 8
    assert receipt.url == f"https://hp.example/receipt/{receipt.code.replace('-', '')}"
    typed = receipt.code.lower().replace("1", "l").replace("0", "o")
    assert rating_id_of(SECRET, typed) == str(id)


def test_the_same_press_gets_the_same_receipt_and_one_append() -> None:
    id = str(uuid.uuid4())
    assert receipt_of(SECRET, id, "") == receipt_of(SECRET, id, "")
    assert append_id(id) == append_id(id) != append_id(str(uuid.uuid4()))
    assert receipt_of(SECRET, "not-a-uuid", "") is None
