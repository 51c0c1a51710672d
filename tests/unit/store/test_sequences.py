"""Gaps and repeats: what a device counted against what is stored."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.store.sequences import (
    EpochReport,
    Heartbeat,
    Kept,
    Waiting,
    gaps,
    numbers,
    ranges,
    report,
    size,
)
from tests.county import NOON

NUMBERS = st.sets(st.integers(1, 60))


def kept(*sequences: int, epoch: int = 1, resends: int = 0) -> list[Kept]:
    """Stored ratings."""
    return [Kept(epoch, sequence, resends) for sequence in sequences]


def waiting(sequence: int, reason: str = "unknown_window", left: bool = True) -> Waiting:
    """A row of the work list."""
    return Waiting(1, sequence, reason, left)


def heartbeat(last: int, depth: int = 0, epoch: int = 1) -> Heartbeat:
    """What the device said."""
    return Heartbeat(
        epoch=epoch, last_sequence=last, outbox_depth=depth, refused=0, version="1", seen_at=NOON
    )


def first(stored: list[Kept], **others: Any) -> EpochReport:
    """The report on epoch 1."""
    rows, beats = others.get("rows", ()), others.get("beats", ())
    return report("kiosk-1", others.get("current", 1), stored, rows, beats).epochs[0]


@given(NUMBERS)
def test_ranges_hold_exactly_the_numbers_and_never_touch(numbers: set[int]) -> None:
    found = ranges(numbers)
    assert {n for low, high in found for n in range(low, high + 1)} == numbers
    assert size(found) == len(numbers)
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(found))


@given(NUMBERS, st.integers(60, 70))
def test_gaps_hold_exactly_what_is_missing(numbers: set[int], last: int) -> None:
    missing = {n for low, high in gaps(ranges(numbers), last) for n in range(low, high + 1)}
    assert missing == set(range(1, last + 1)) - numbers


@given(NUMBERS, st.integers(0, 70))
def test_the_first_numbers_of_ranges_are_those_that_were_put_in(
    given_: set[int], most: int
) -> None:
    assert numbers(ranges(given_), most) == sorted(given_)[:most]


def test_a_whole_epoch_has_nothing_missing() -> None:
    found = first(kept(1, 2, 3))
    assert (found.lowest, found.highest, found.stored) == (1, 3, 3)
    assert (found.missing, found.missing_count, found.tail) == ([], 0, None)


def test_what_is_missing_below_the_highest_is_named_from_the_first_on() -> None:
    found = first(kept(3, 4, 9))
    assert (found.missing, found.missing_count) == ([(1, 2), (5, 8)], 6)


def test_a_huge_gap_costs_nothing_to_name() -> None:
    found = first(kept(1, 2**53 - 1))
    assert found.missing == [(2, 2**53 - 2)]


def test_what_is_in_quarantine_is_not_missing() -> None:
    found = first(kept(1, 3), rows=[waiting(2), waiting(4)])
    assert (found.missing, found.in_quarantine, found.highest) == ([], [(2, 2), (4, 4)], 3)


def test_what_was_decided_for_good_is_set_aside_and_not_missing() -> None:
    found = first(kept(1), rows=[waiting(2, "already_rated", left=False)])
    assert (found.missing, found.in_quarantine, found.set_aside) == ([], [], [(2, 2)])


def test_other_content_under_a_stored_sequence_is_a_repeat_for_a_person_to_look_at() -> None:
    found = first(kept(1, 2), rows=[waiting(2, "id_conflict")])
    assert (found.repeats.other_content, found.in_quarantine) == ([(2, 2)], [])


def test_resends_are_counted_and_doubles_named() -> None:
    found = first(kept(1, resends=3) + kept(2, 2))
    assert (found.repeats.resends, found.repeats.doubled, found.stored) == (3, [(2, 2)], 2)


def test_what_still_waits_on_the_device_explains_the_tail() -> None:
    tail = first(kept(1, 2), beats=[heartbeat(last=7, depth=5)]).tail
    assert tail is not None
    assert (tail.numbers, tail.in_outbox, tail.unexplained) == ((3, 7), 5, 0)


def test_a_tail_that_the_outbox_does_not_explain_is_lost_or_on_its_way() -> None:
    tail = first(kept(1, 2), beats=[heartbeat(last=7, depth=2)]).tail
    assert tail is not None
    assert (tail.in_outbox, tail.unexplained) == (2, 3)


def test_an_epoch_that_is_over_has_no_outbox_any_more() -> None:
    tail = first(kept(1, 2), beats=[heartbeat(last=7, depth=5)], current=2).tail
    assert tail is not None
    assert (tail.in_outbox, tail.unexplained) == (0, 5)


def test_a_heartbeat_that_is_behind_the_store_leaves_no_tail() -> None:
    assert first(kept(1, 2, 3), beats=[heartbeat(last=2, depth=1)]).tail is None


def test_a_device_of_which_only_a_heartbeat_is_known_has_everything_in_its_tail() -> None:
    found = first([], beats=[heartbeat(last=4, depth=4)])
    assert (found.stored, found.lowest, found.highest) == (0, None, None)
    assert found.tail is not None
    assert found.tail.numbers == (1, 4)


def test_an_epoch_that_was_never_issued_is_told_apart() -> None:
    found = report("kiosk-1", 1, kept(1) + kept(1, epoch=2), (), ())
    assert [(each.epoch, each.issued) for each in found.epochs] == [(1, True), (2, False)]


def test_each_epoch_is_counted_on_its_own() -> None:
    found = report("kiosk-1", 2, kept(1, 2) + kept(2, epoch=2), (), ())
    assert [each.missing for each in found.epochs] == [[], [(1, 1)]]
