"""Counting ratings, and the published months that must come out."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.rules import ChannelRule
from services.contracts.vocabulary import Channel, Level, Stage, Standing, Turn
from services.score.tally import (
    Bucket,
    Cell,
    Topic,
    by_level,
    cells_from,
    combined,
    mean_points,
    rows,
    topics_from,
    total_of,
    with_parts,
)
from tests.unit.score.town import RULES, cell

POINTS = RULES.levels.points
GUANGDONG = {
    "2020-01": ({5: 445832, 4: 34635, 3: 1638682, 2: 210, 1: 935}, "6.8708"),
    "2021-01": ({5: 5265520, 4: 23409, 3: 22773, 2: 178, 1: 613}, "9.9727"),
}
cells = st.builds(
    Cell,
    st.sampled_from([None, "w1", "w2"]),
    st.sampled_from(Channel),
    st.sampled_from(Stage),
    st.sampled_from(Turn),
    st.sampled_from(Level),
    st.sampled_from(Standing),
)
cubes = st.dictionaries(cells, st.integers(1, 99), max_size=6)


@pytest.mark.parametrize("month", GUANGDONG)
def test_the_mean_of_published_level_counts(month: str) -> None:
    levels, printed = GUANGDONG[month]
    mean = mean_points({Level(level): n for level, n in levels.items()}, POINTS)
    assert f"{float(mean):.4f}" == printed


@given(st.lists(cubes, max_size=6), st.randoms())
def test_the_order_of_buckets_does_not_matter(
    parts: list[dict[Cell, int]], chance: random.Random
) -> None:
    shuffled = chance.sample(parts, len(parts))
    assert combined(parts) == combined(shuffled)
    assert combined(parts).total() == sum(sum(part.values()) for part in parts)


@given(cubes)
def test_a_cube_survives_the_document_that_keeps_it(cube: dict[Cell, int]) -> None:
    assert cells_from(rows(cube)) == Counter(cube)


def test_appends_invalid_ratings_and_some_channels_stay_out_of_the_levels() -> None:
    cube = {
        cell(5): 7,
        cell(1, turn=Turn.APPEND): 1,
        cell(1, standing=Standing.INVALID): 1,
        cell(1, channel=Channel.PHONE): 1,
    }
    levels = by_level(cube, RULES.channels.by_code)
    assert levels == {Level(5): 7, Level(4): 0, Level(3): 0, Level(2): 0, Level(1): 0}


def test_topics_count_ratings_by_item_and_each_tag_of_a_rating_once() -> None:
    bucket = Bucket("2020-12-01", "tax")
    bucket.add(cell(1), "i1", ["110", "109", "110"], 2)
    bucket.add(cell(5), None, [], 3)
    bucket.add(cell(1, standing=Standing.INVALID), "i1", ["110"], 1)
    assert bucket.cells.total() == 6
    expected = {("i1", None): 2, ("i1", "110"): 2, ("i1", "109"): 2, (None, None): 3}
    assert bucket.topics == {Topic(*key): n for key, n in expected.items()}
    assert topics_from(rows(bucket.topics)) == bucket.topics


def guangdong_channels() -> dict[Channel, ChannelRule]:
    """How 广东 2021-01 counts: SMS within 网, 一体机 within 大厅, hotline beside the levels."""
    beside = {"in_levels": False}
    return {
        Channel.PC: ChannelRule(label="政务服务网"),
        Channel.MOBILE: ChannelRule(label="粤省事、粤商通、政务APP"),
        Channel.TABLET: ChannelRule(label="实体大厅"),
        Channel.TERMINAL: ChannelRule(label="一体机", parent=Channel.TABLET, **beside),
        Channel.SMS: ChannelRule(label="短信", parent=Channel.PC, **beside),
        Channel.PHONE: ChannelRule(label="热线", **beside),
    }


def test_parts_of_a_channel_are_never_added_twice() -> None:
    rules = guangdong_channels()
    own = {
        Channel.PC: 1265195 - 39387,
        Channel.MOBILE: 46420 + 116 + 188661,
        Channel.TABLET: 3992683 - 141196,
        Channel.TERMINAL: 141196,
        Channel.SMS: 39387,
        Channel.PHONE: 656270,
    }
    published = with_parts(own, rules)
    assert published[Channel.PC] == 1265195
    assert total_of(published, rules) == 6149345
    in_levels = by_level({cell(5, channel=key): n for key, n in own.items()}, rules)
    assert in_levels.total() == 5312493 - 1


def test_the_published_channels_of_weiyuan_add_up() -> None:
    own = dict(
        zip(
            ["terminal", "mobile", "pc", "tablet", "sms", "qr"],
            [9958, 6358, 4581, 3885, 8, 3],
            strict=True,
        )
    )
    counted = {Channel(name): count for name, count in own.items()}
    rules = RULES.channels.by_code
    assert total_of(with_parts(counted, rules), rules) == 24793


def test_the_mean_of_nothing_is_no_number() -> None:
    with pytest.raises(ZeroDivisionError):
        mean_points({}, POINTS)
    assert mean_points({Level(3): 1}, POINTS) == Fraction(6)
