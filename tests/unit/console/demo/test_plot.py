"""The plot plays by the rules of the county and leaves time for the last act."""

from __future__ import annotations

import pytest

from services.console.demo import days
from services.console.demo.county import build
from services.console.demo.plan import YEAR
from services.console.demo.plot import PLOT, Bad, day_of
from services.console.demo.rules import tags


@pytest.mark.parametrize("bad", PLOT, ids=lambda bad: str(bad.script.name))
def test_acts_of_a_script_follow_one_another(bad: Bad) -> None:
    moments = [(act.day, act.minute) for act in bad.script.acts]
    assert moments == sorted(set(moments))
    assert bad.script.acts[-1].move or bad.script.acts[-1].until


def test_bad_tags_belong_to_bad_levels() -> None:
    known = tags()
    assert all(known[code].level == bad.level for bad in PLOT for code in bad.tags)


def test_every_rated_unit_is_in_the_county() -> None:
    assert {bad.unit for bad in PLOT} <= set(build().directory.unit)


def test_bad_ratings_fall_on_different_days_and_their_cases_end_in_the_year() -> None:
    found = [day_of(position, YEAR) for position in range(len(PLOT))]
    assert found == sorted(set(found))
    for day, bad in zip(found, PLOT, strict=True):
        last = days.after(days.at(day, 0), bad.script.acts[-1].day, 0)
        assert last.year == YEAR
