"""Whom the broker's answers belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.bus.confirms import Confirms, Waiter
from services.errors import Unavailable


def published(confirms: Confirms, number: int) -> list[Waiter]:
    """So many messages on the wire, with tags from 1."""
    return [confirms.expect(f"m{tag}") for tag in range(1, number + 1)]


def test_an_answer_belongs_to_its_tag_only() -> None:
    confirms = Confirms()
    first, second = published(confirms, 2)
    confirms.nacked(2, multiple=False)
    confirms.acked(1, multiple=False)
    first.wait()
    with pytest.raises(Unavailable, match="refused"):
        second.wait()


def test_multiple_answers_for_everything_up_to_the_tag_and_nothing_after() -> None:
    confirms = Confirms()
    waiters = published(confirms, 3)
    confirms.acked(2, multiple=True)
    waiters[0].wait()
    waiters[1].wait()
    assert len(confirms) == 1


def test_a_returned_message_is_not_confirmed_by_the_ack_that_follows_its_return() -> None:
    confirms = Confirms()
    lost, kept = published(confirms, 2)
    confirms.returned("m1")
    confirms.acked(2, multiple=True)
    kept.wait()
    with pytest.raises(Unavailable, match="No queue is bound"):
        lost.wait()


def test_when_the_channel_fails_everybody_learns_it() -> None:
    confirms = Confirms()
    waiters = published(confirms, 3)
    confirms.acked(1, multiple=False)
    confirms.fail("the line was cut")
    waiters[0].wait()
    for waiter in waiters[1:]:
        with pytest.raises(Unavailable, match="the line was cut"):
            waiter.wait()


@given(
    number=st.integers(1, 20),
    answers=st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.booleans()), max_size=30),
)
def test_nothing_is_confirmed_that_no_ack_covered(
    number: int, answers: list[tuple[bool, int, bool]]
) -> None:
    """Acks and nacks in any order, each tag answered first come first served."""
    confirms, verdicts = Confirms(), dict[int, bool]()
    waiters = published(confirms, number)
    for ack, tag, multiple in answers:
        covered = range(1, tag + 1) if multiple else [tag]
        for each in covered:
            verdicts.setdefault(each, ack)
        (confirms.acked if ack else confirms.nacked)(tag, multiple)
    confirms.fail("end of the test")
    for tag, waiter in enumerate(waiters, start=1):
        if verdicts.get(tag):
            waiter.wait()
        else:
            with pytest.raises(Unavailable):
                waiter.wait()
