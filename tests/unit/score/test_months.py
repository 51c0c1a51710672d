"""The life of a period, and what keeps it from closing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.contracts.period import Period
from services.score.months import (
    CHECKS,
    Found,
    Month,
    MonthState,
    NeedsCause,
    NotClear,
    NotClosed,
    NotOver,
    checks_of,
    must_be_over,
)
from tests.unit.score.town import CUT_OFF, RULES

CLEAR: dict[str, Found] = dict.fromkeys(CHECKS, 0)


def closed(month: Month, snapshot: str = "s1", cause: str | None = None) -> Month:
    """The month closed with nothing in the way."""
    return month.closed(snapshot, CUT_OFF, "li", checks_of(CLEAR), (), cause)


def test_a_period_is_closed_then_published() -> None:
    month = closed(Month(period="2020")).publish(CUT_OFF, "wang")
    assert (month.state, month.revision, month.version) == (MonthState.PUBLISHED, 1, 2)
    assert month.in_force == "s1"
    assert Month.model_validate(month.model_dump()) == month


def test_what_is_open_must_be_accepted_by_name() -> None:
    checks = checks_of({**CLEAR, "quarantine": 5, "undecided": 2})
    with pytest.raises(NotClear) as raised:
        Month(period="2020").closed("s", CUT_OFF, "li", checks, ["undecided"], None)
    assert [check["name"] for check in raised.value.extra["checks"]] == ["quarantine"]
    both = ["quarantine", "undecided", "touched"]
    month = Month(period="2020").closed("s", CUT_OFF, "li", checks, both, None)
    assert month.accepted == ("quarantine", "undecided")


def test_only_a_closed_period_is_published_and_only_once() -> None:
    with pytest.raises(NotClosed):
        Month(period="2020").publish(CUT_OFF, "li")
    with pytest.raises(NotClosed):
        closed(Month(period="2020")).publish(CUT_OFF, "li").publish(CUT_OFF, "li")


def test_closing_again_before_publishing_keeps_the_revision() -> None:
    month = closed(closed(Month(period="2020")), "s2")
    assert (month.revision, month.in_force) == (1, "s2")


def test_a_published_period_changes_only_by_a_revision_with_its_cause() -> None:
    published = closed(Month(period="2020")).publish(CUT_OFF, "li")
    with pytest.raises(NeedsCause):
        closed(published, "s2")
    again = closed(published, "s2", "an appeal was upheld")
    assert (again.revision, again.in_force) == (2, "s1")
    final = again.publish(CUT_OFF, "li")
    assert [(each.revision, each.snapshot) for each in final.published] == [(1, "s1"), (2, "s2")]
    assert final.published[0] == published.published[0]


def test_a_period_cannot_be_closed_before_its_last_day_is_over() -> None:
    period = Period.parse("2020-12")
    ends = period.ends(RULES.region.zone)
    must_be_over(period, ends, ends)
    with pytest.raises(NotOver, match="2021-01-01T00:00:00"):
        must_be_over(period, ends - timedelta(seconds=1), ends)
