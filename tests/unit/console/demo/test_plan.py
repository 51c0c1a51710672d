"""All that will be sent adds up to what must be found."""

from __future__ import annotations

import pytest

from services.console.demo.county import build
from services.console.demo.plan import Plan, draw, expected
from services.console.demo.plot import PLOT
from services.console.demo.published import apportioned, weiyuan_channels
from services.console.demo.rules import tags


@pytest.fixture(scope="module")
def plan() -> Plan:
    return draw(build(), tags(), apportioned(weiyuan_channels(), 2000))


def test_what_is_captured_is_stored_or_a_duplicate_or_quarantined(plan: Plan) -> None:
    wanted = expected(plan)
    assert wanted.captured == wanted.stored + wanted.duplicates + wanted.quarantined.total()
    assert wanted.stored == 2000


def test_every_press_is_sent_by_exactly_one_way(plan: Plan) -> None:
    sent = [*plan.ordinary, *plan.bad, *plan.backlog]
    assert len(sent) == len(plan.presses)
    assert {press.key for press in sent} == {press.key for press in plan.presses}


def test_the_backlog_is_one_kiosks(plan: Plan) -> None:
    assert len({press.form["device"] for press in plan.backlog}) == 1
    assert 3 <= len(plan.backlog) <= 20


def test_who_rates_an_errand_again_has_another_id_for_the_same_errand(plan: Plan) -> None:
    ids = {press.form["rating_id"] for press in plan.presses}
    numbers = {press.form.get("errand_number") for press in plan.presses}
    assert plan.again
    for press in plan.again:
        assert press.form["rating_id"] not in ids
        assert press.form["errand_number"] in numbers


def test_unknown_windows_are_not_in_the_registry(plan: Plan) -> None:
    windows = build().directory.window
    assert plan.unknown
    assert all(press.form["window"] not in windows for press in plan.unknown)


def test_bad_presses_follow_the_plot(plan: Plan) -> None:
    drawn = [(press.channel, press.form["level"], press.form["tags"]) for press in plan.bad]
    assert drawn == [(bad.channel, bad.level, list(bad.tags)) for bad in PLOT]


def test_every_case_has_an_expected_end_and_one_is_late(plan: Plan) -> None:
    wanted = expected(plan)
    assert wanted.closings.total() == wanted.bad == wanted.verdicts.total()
    assert wanted.verdicts["done_late"] == 1
    assert wanted.bad_valid == 11
