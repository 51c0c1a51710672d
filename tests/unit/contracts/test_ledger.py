"""The chain shows every edit and every cut."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.ledger import GENESIS, SEAL, first_broken, link

KEY = b"k" * 32


def chain(*texts: str) -> list[dict[str, Any]]:
    """Sealed entries, one after the other."""
    entries: list[dict[str, Any]] = []
    for text in texts:
        entry = {"text": text, "at": datetime(2020, 3, 5, 4, 0, 0, 123000, tzinfo=UTC)}
        previous = entries[-1][SEAL] if entries else GENESIS
        entries.append(entry | {SEAL: link(KEY, previous, entry)})
    return entries


texts = st.lists(st.text(), min_size=1, max_size=8)


@given(texts)
def test_a_chain_that_nobody_touched_is_whole(written: list[str]) -> None:
    assert first_broken(KEY, chain(*written)) is None


@given(texts, st.data())
def test_an_edit_is_found_where_it_was_made(written: list[str], data: st.DataObject) -> None:
    entries = chain(*written)
    where = data.draw(st.integers(0, len(entries) - 1))
    entries[where]["text"] += "!"
    assert first_broken(KEY, entries) == where


@given(st.lists(st.text(), min_size=2, max_size=8), st.data())
def test_a_cut_is_found(written: list[str], data: st.DataObject) -> None:
    entries = chain(*written)
    where = data.draw(st.integers(0, len(entries) - 2))
    del entries[where]
    assert first_broken(KEY, entries) == where


def test_without_the_key_nobody_can_seal() -> None:
    assert first_broken(b"x" * 32, chain("a")) == 0
