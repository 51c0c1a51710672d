"""The replayed year keeps the holidays and make-up days (调休) of 2020."""

from __future__ import annotations

from datetime import date

from services.console.demo import days


def test_a_make_up_sunday_is_a_working_day_and_a_holiday_is_not() -> None:
    assert date(2020, 9, 27) in days.working_days(2020)
    assert date(2020, 10, 1) not in days.working_days(2020)


def test_one_working_day_after_a_friday_is_the_monday() -> None:
    friday = days.at(date(2020, 3, 13), 600)
    assert days.after(friday, 1, 570) == days.at(date(2020, 3, 16), 570)


def test_working_days_go_on_into_the_next_year() -> None:
    assert days.after(days.at(date(2020, 12, 31), 600), 1, 0).date() == date(2021, 1, 4)
