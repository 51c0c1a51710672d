"""Months, quarters and years in local days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.period import NotADay, NotAPeriod, Period, a_day
from tests.unit.score.town import RULES


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2020-12", date(2020, 12, 1), date(2020, 12, 31)),
        ("2020-Q4", date(2020, 10, 1), date(2020, 12, 31)),
        ("2021-Q1", date(2021, 1, 1), date(2021, 3, 31)),
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
    ],
)
def test_a_period_has_its_first_and_last_day(key: str, first: date, last: date) -> None:
    period = Period.parse(key)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("key", ["2020-13", "2020-00", "2020-Q5", "20", "2020-1", "2020-12-01", ""])
def test_what_is_not_a_period_is_refused(key: str) -> None:
    with pytest.raises(NotAPeriod):
        Period.parse(key)


def test_a_year_ends_at_local_midnight_and_not_at_midnight_in_greenwich() -> None:
    ends = Period.parse("2020").ends(RULES.region.zone)
    assert ends.astimezone(UTC) == datetime(2020, 12, 31, 16, tzinfo=UTC)


def test_a_month_knows_its_quarter_and_longer_periods_have_none() -> None:
    quarter = Period.parse("2020-11").quarter
    assert quarter is not None
    assert quarter.key == "2020-Q4"
    assert Period.parse("2020-Q4").quarter is None
    assert Period.parse("2020").quarter is None


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_belongs_to_its_month_and_months_do_not_overlap(day: date) -> None:
    month = Period.month_of(day)
    assert day in month
    assert day in Period.parse(f"{day.year}")
    assert Period.month_of(month.last + timedelta(days=1)).first == month.last + timedelta(days=1)


def test_what_is_not_a_day_is_refused() -> None:
    assert a_day("2020-12-31") == date(2020, 12, 31)
    with pytest.raises(NotADay):
        a_day("31.12.2020")
