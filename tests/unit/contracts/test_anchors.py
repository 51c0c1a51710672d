"""Anchors are a chain of their own, and a summary of them is held against it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.anchors import Head, Top, anchor, fault_of, latest, summary

KEY, DAY = b"k" * 32, date(2020, 3, 2)
HEADS = st.lists(
    st.builds(Head, id=st.sampled_from("abc"), version=st.integers(1, 9), seal=st.text())
)


def made(days: list[list[Head]]) -> list[dict[str, Any]]:
    """The anchors of some days, one after the other."""
    anchors: list[dict[str, Any]] = []
    for number, heads in enumerate(days):
        anchors.append(anchor(KEY, anchors, heads, DAY + timedelta(days=number)))
    return anchors


def top(anchors: list[dict[str, Any]]) -> Top:
    """The last of them, as a summary names it."""
    return Top(part="1", number=anchors[-1]["number"], seal=anchors[-1]["seal"])


@given(st.lists(HEADS, min_size=1, max_size=5), st.data())
def test_whatever_is_missing_or_edited_is_told(days: list[list[Head]], data: st.DataObject) -> None:
    anchors = made(days)
    tops, place = [top(anchors)], data.draw(st.integers(0, len(anchors) - 1))
    assert fault_of(KEY, anchors, tops) is None
    assert fault_of(b"x" * 32, anchors, tops) is not None
    assert fault_of(KEY, anchors[:place] + anchors[place + 1 :], tops) is not None
    edited = [*anchors[:place], {**anchors[place], "day": "1999-01-01"}, *anchors[place + 1 :]]
    assert fault_of(KEY, edited, []) is not None


@given(st.lists(HEADS, min_size=1, max_size=5))
def test_the_last_anchored_head_of_a_chain_counts(days: list[list[Head]]) -> None:
    newest = {head.id: (head.version, head.seal) for heads in days for head in heads}
    found = latest(made(days))
    assert {id: (head.version, head.seal) for id, head in found.items()} == newest


def test_anchors_made_anew_after_a_cut_are_not_those_that_were_summed_up() -> None:
    first, other = (made([[Head(id="a", version=2, seal=seal)]]) for seal in "xy")
    said = fault_of(KEY, other, summary(KEY, "cases", DAY, [top(first)]).tops)
    assert said == "anchor 1 is not the one that was summed up"
