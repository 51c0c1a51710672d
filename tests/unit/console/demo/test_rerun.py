"""A published month, divided: nothing counted twice, nothing lost but by the stated remainders."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from services.console.demo.rerun import (
    NOT_IN_LEVELS,
    SOURCES,
    next_month,
    own_counts,
    presses,
    scaled,
)
from services.contracts.vocabulary import Channel

GUANGDONG = SOURCES["guangdong"]


def test_parts_of_a_channel_are_not_added_twice() -> None:
    own = own_counts(GUANGDONG, "2021-01")
    assert sum(own.values()) == 6_149_345
    assert own[Channel.SMS] == 39_387


def test_channels_in_the_levels_are_one_less_than_the_levels_as_published() -> None:
    own = own_counts(GUANGDONG, "2021-01")
    counted = sum(count for channel, count in own.items() if channel not in NOT_IN_LEVELS)
    assert counted == 5_312_493 - 1


@pytest.mark.parametrize("scale", [100, 1000, 7777])
@pytest.mark.parametrize("month", ["2020-01", "2021-01"])
def test_levels_and_their_channels_come_to_the_same_total(month: str, scale: int) -> None:
    wanted = scaled(GUANGDONG, month, scale)
    assert sum(wanted.levels.values()) == sum(wanted.channels.values())


def test_presses_are_what_was_wanted() -> None:
    wanted = scaled(GUANGDONG, "2021-01", 5000)
    drawn = presses(wanted, "2021-01", "unit")
    counted = Counter(p.form["level"] for p in drawn if p.channel not in NOT_IN_LEVELS)
    assert counted == {level: count for level, count in wanted.levels.items() if count}
    assert len(drawn) == wanted.total
    assert {press.at.date().replace(day=1) for press in drawn} == {date(2021, 1, 1)}


def test_the_month_after_december_is_january() -> None:
    assert next_month("2020-12") == date(2021, 1, 1)
