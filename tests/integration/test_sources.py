"""Where cases come from, over HTTP: bad ratings, and what somebody opens by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.console.stack import Stack
from tests.integration.bus import eventually
from tests.integration.citizens import Containers, Town, town

pytestmark = pytest.mark.integration


@pytest.fixture
def county(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """The county at work."""
    with town(stack, container_factory) as running:
        yield running


@pytest.fixture
def county_of_shanghai(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """The same under rules that open a case only for a rating with text."""
    with town(stack, container_factory, HAOPING_RULES="shanghai") as running:
        yield running


@pytest.mark.parametrize("source", ["undone_report", "hotline_ticket", "letter"])
def test_a_report_opens_one_case_at_its_unit(county: Town, source: str) -> None:
    report = {"source": source, "reference": "no. 1", "unit": "social", "contactable": True}
    first = county.ask("dong", "POST", "/v1/cases", json=report)
    again = county.ask("dong", "POST", "/v1/cases", json=report)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    case = county.ask("li", "GET", f"/v1/cases/{first.json()['id']}").json()
    assert (case["source"], case["handler"], case["state"]) == (source, "social", "opened")
    assert county.ask("li", "POST", "/v1/cases", json=report).status_code == 403


def test_whoever_was_asked_for_a_good_rating_is_heard_above_the_unit(county: Town) -> None:
    report = {"source": "forced_review", "reference": "f 1", "unit": "social", "window": "w1"}
    id = county.ask("dong", "POST", "/v1/cases", json=report).json()["id"]
    case = county.ask("sun", "GET", f"/v1/cases/{id}").json()
    assert (case["unit"], case["handler"]) == ("social", "bureau")
    assert county.ask("li", "GET", f"/v1/cases/{id}").status_code == 404


def test_a_bad_rating_without_a_case_is_counted_with_its_reason(county_of_shanghai: Town) -> None:
    county = county_of_shanghai
    mute = county.press(level=1)["receipt"]["code"]
    spoken = county.press(level=2, comment="太慢")["rating_id"]
    county.case_of(spoken)
    counted = [{"unit": "social", "reason": "no_text", "count": 1}]
    eventually(lambda: county.ask("du", "GET", "/v1/cases:unopened").json() == counted)
    assert county.receipt(mute).json()["stage"] == "no_case"
