"""Expected days were counted by hand from the notices named; the library is what is under test."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.calendar import Pause, calendar_of
from services.contracts.terms import DayCount, Term
from tests.unit.rectify.county import RULES, ZONE, changed

CALENDAR = calendar_of(RULES.region)
WORKING, NATURAL = DayCount.WORKING, DayCount.NATURAL
N2020 = "国办发明电〔2019〕16号"
N2020_LONGER = "国办发明电〔2020〕1号 (春节延长至2月2日)"
N2025 = "国办发明电〔2024〕12号"
N2026 = "国办发明电〔2025〕7号"


def at(day: str, hour: int = 10) -> datetime:
    """A moment of a local day."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONE).replace(hour=hour)


@pytest.mark.parametrize(
    ("notice", "start", "count", "unit", "due"),
    [
        pytest.param(N2020, "2020-09-25", 3, WORKING, "2020-09-29", id="2020-sunday-27-sep-works"),
        pytest.param(
            N2020, "2020-09-30", 3, WORKING, "2020-10-12", id="2020-saturday-10-oct-works"
        ),
        pytest.param(N2020, "2020-09-16", 15, WORKING, "2020-10-13", id="2020-over-national-day"),
        pytest.param(N2020, "2020-09-30", 7, NATURAL, "2020-10-09", id="2020-natural-ends-on-rest"),
        pytest.param(N2020, "2020-01-17", 2, WORKING, "2020-01-20", id="2020-sunday-19-jan-works"),
        pytest.param(
            N2020_LONGER, "2020-01-23", 5, WORKING, "2020-02-07", id="2020-saturday-1-feb-rests"
        ),
        pytest.param(N2025, "2025-01-24", 5, WORKING, "2025-02-07", id="2025-spring-festival"),
        pytest.param(N2025, "2025-01-24", 6, WORKING, "2025-02-08", id="2025-ends-on-a-saturday"),
        pytest.param(N2025, "2025-04-25", 3, WORKING, "2025-04-29", id="2025-sunday-27-apr-works"),
        pytest.param(N2025, "2025-09-26", 5, WORKING, "2025-10-10", id="2025-national-day"),
        pytest.param(
            N2025, "2025-09-26", 6, WORKING, "2025-10-11", id="2025-saturday-11-oct-works"
        ),
        pytest.param(N2025, "2025-09-30", 7, NATURAL, "2025-10-09", id="2025-natural-ends-on-rest"),
        pytest.param(N2026, "2025-12-31", 1, WORKING, "2026-01-04", id="2026-sunday-4-jan-works"),
        pytest.param(N2026, "2026-02-13", 5, WORKING, "2026-02-27", id="2026-spring-festival"),
        pytest.param(
            N2026, "2026-02-13", 6, WORKING, "2026-02-28", id="2026-saturday-28-feb-works"
        ),
        pytest.param(N2026, "2026-09-18", 1, WORKING, "2026-09-20", id="2026-sunday-20-sep-works"),
        pytest.param(N2026, "2026-09-23", 2, WORKING, "2026-09-28", id="2026-mid-autumn"),
        pytest.param(
            N2026, "2026-09-30", 3, WORKING, "2026-10-10", id="2026-saturday-10-oct-works"
        ),
        pytest.param(N2025, "2025-01-24", 1, WORKING, "2025-01-26", id="2025-sunday-26-jan-works"),
        pytest.param(N2025, "2025-04-30", 1, WORKING, "2025-05-06", id="2025-labour-day"),
        pytest.param(N2025, "2025-01-27", 5, NATURAL, "2025-02-05", id="2025-natural-in-festival"),
        pytest.param(
            N2026, "2026-02-13", 1, WORKING, "2026-02-14", id="2026-saturday-14-feb-works"
        ),
        pytest.param(N2026, "2026-02-13", 8, NATURAL, "2026-02-24", id="2026-natural-in-festival"),
        pytest.param(N2026, "2026-05-08", 1, WORKING, "2026-05-09", id="2026-saturday-9-may-works"),
        pytest.param(N2026, "2026-09-18", 15, WORKING, "2026-10-15", id="2026-over-national-day"),
        pytest.param(
            N2026, "2026-09-16", 15, NATURAL, "2026-10-08", id="2026-natural-ends-on-rest"
        ),
    ],
)
def test_a_term_ends_at_the_close_of_business_of_its_last_day(
    notice: str, start: str, count: int, unit: DayCount, due: str
) -> None:
    counted = CALENDAR.count(at(start), Term(count=count, unit=unit))
    assert counted.due == at(due, 17), notice
    assert counted.warnings == ()


def test_the_day_of_the_start_event_is_not_counted_however_late_it_was() -> None:
    term = Term(count=1, unit=WORKING)
    early, late = (CALENDAR.count(at("2020-03-02", hour), term).due for hour in (0, 23))
    assert early == late == at("2020-03-03", 17)


def test_a_start_event_on_a_rest_day_counts_from_the_next_working_day() -> None:
    assert CALENDAR.count(at("2020-10-03"), Term(count=1, unit=WORKING)).due == at("2020-10-09", 17)


def test_the_day_of_an_event_is_the_day_in_the_region() -> None:
    utc_evening = datetime.fromisoformat("2020-03-02T16:30:00+00:00")
    assert CALENDAR.count(utc_evening, Term(count=1, unit=WORKING)).due == at("2020-03-04", 17)


def test_every_day_of_a_count_is_listed_with_the_reason() -> None:
    days = CALENDAR.count(at("2020-09-30"), Term(count=3, unit=WORKING)).days
    listed = {each.day.isoformat(): (each.number, each.why) for each in days}
    assert len(days) == 13
    assert listed["2020-09-30"] == (None, "day of the start event")
    assert listed["2020-10-01"][1] == "中秋节; 国庆节"
    assert listed["2020-10-08"] == (None, "休息日（由 2020-10-10 调休）")
    assert listed["2020-10-09"] == (1, "working day")
    assert listed["2020-10-10"] == (2, "make-up workday (调休)")
    assert listed["2020-10-11"] == (None, "weekend")
    assert listed["2020-10-12"] == (3, "working day")


SPLIT = calendar_of(changed(region={"breaks": ("12:00-14:00",)}).region)


def moment(text: str) -> datetime:
    """A local moment such as 2025-10-09 12:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("notice", "start", "hours", "due"),
    [
        pytest.param(N2025, "2025-10-09 10:00", 2, "2025-10-09 12:00", id="ends-with-the-morning"),
        pytest.param(N2025, "2025-10-09 11:00", 2, "2025-10-09 15:00", id="over-the-noon-break"),
        pytest.param(N2025, "2025-10-09 12:30", 1, "2025-10-09 15:00", id="begins-in-the-break"),
        pytest.param(N2025, "2025-10-09 19:00", 1, "2025-10-10 10:00", id="begins-after-hours"),
        pytest.param(N2025, "2025-09-30 16:00", 5, "2025-10-09 15:00", id="2025-national-day"),
        pytest.param(N2025, "2025-10-10 16:30", 2, "2025-10-11 10:30", id="2025-saturday-11-oct"),
        pytest.param(N2025, "2025-01-27 15:00", 6, "2025-02-05 15:00", id="2025-spring-festival"),
        pytest.param(N2026, "2026-02-13 11:00", 8, "2026-02-14 15:00", id="2026-saturday-14-feb"),
        pytest.param(N2026, "2026-02-14 16:00", 2, "2026-02-24 10:00", id="2026-spring-festival"),
        pytest.param(N2026, "2026-09-30 16:00", 2, "2026-10-08 10:00", id="2026-national-day"),
        pytest.param(N2026, "2026-10-10 16:00", 2, "2026-10-12 10:00", id="2026-saturday-10-oct"),
    ],
)
def test_hours_count_from_the_event_while_offices_are_open(
    notice: str, start: str, hours: int, due: str
) -> None:
    counted = SPLIT.count(moment(start), Term(count=hours, unit=DayCount.HOURS))
    assert counted.due == moment(due), notice
    assert sum((day.spent for day in counted.days), timedelta()) == timedelta(hours=hours)


def test_a_count_in_hours_tells_what_was_counted_skipped_and_subtracted() -> None:
    still = Pause(at("2025-10-10", 0), at("2025-10-12", 0), "paused")
    term = Term(count=2, unit=DayCount.HOURS)
    counted = SPLIT.count(moment("2025-10-09 16:00"), term, (still,))
    assert counted.due == moment("2025-10-13 10:00")
    assert [(day.day.day, day.kind, day.why) for day in counted.days] == [
        (9, "counted", "working day"),
        (10, "subtracted", "paused"),
        (11, "subtracted", "paused"),
        (12, "skipped", "weekend"),
        (13, "counted", "working day"),
    ]


def test_no_hour_is_counted_while_the_clock_stands_still() -> None:
    still = Pause(at("2025-10-10", 0), None, "appeal under review")
    term = Term(count=2, unit=DayCount.HOURS)
    assert SPLIT.count(moment("2025-10-09 16:00"), term, (still,)).due is None


@pytest.mark.parametrize(
    "breaks", [("14:00-12:00",), ("08:00-09:30",), ("12:00-13:00", "12:30-14:00")]
)
def test_office_hours_go_forward(breaks: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="follow each other"):
        changed(region={"breaks": breaks})


def test_a_year_whose_days_the_rules_give_needs_no_notice() -> None:
    given = {"known_years": {2031}, "extra_rest_days": {date(2031, 12, 31)}}
    counted = calendar_of(changed(region=given).region).count(
        at("2031-12-29"), Term(count=1, unit=WORKING)
    )
    assert (counted.due, counted.warnings) == (at("2031-12-30", 17), ())
    more = calendar_of(changed(region=given).region).count(
        at("2031-12-30"), Term(count=1, unit=WORKING)
    )
    assert more.warnings == ("no holiday notice is known for 2032",)


def test_a_local_order_goes_before_the_national_notice() -> None:
    orders = {
        "extra_workdays": {date(2020, 3, 7)},
        "extra_rest_days": {date(2020, 3, 4), date(2020, 9, 27)},
    }
    local = calendar_of(changed(region=orders).region)
    assert not local.works(date(2020, 9, 27))
    days = local.count(at("2020-03-03"), Term(count=3, unit=WORKING)).days
    assert [each.why for each in days[1:]] == [
        "rest day by local order",
        "working day",
        "working day",
        "workday by local order",
    ]


def test_a_year_without_a_notice_is_an_explicit_warning() -> None:
    counted = CALENDAR.count(at("2031-12-30"), Term(count=3, unit=WORKING))
    assert counted.warnings == (
        "no holiday notice is known for 2031",
        "no holiday notice is known for 2032",
    )


def test_days_on_which_the_clock_stands_still_are_not_counted() -> None:
    still = Pause(at("2020-03-03"), at("2020-03-06"), "paused")
    counted = CALENDAR.count(at("2020-03-02"), Term(count=2, unit=WORKING), (still,))
    assert counted.due == at("2020-03-09", 17)
    assert [each.why for each in counted.days[1:4]] == ["paused"] * 3


def test_while_the_clock_stands_still_nothing_is_due() -> None:
    still = Pause(at("2020-03-03"), None, "appeal under review")
    assert CALENDAR.count(at("2020-03-02"), Term(count=1, unit=WORKING), (still,)).due is None


def test_a_clock_that_had_ended_before_it_was_stopped_stays_ended() -> None:
    still = Pause(at("2020-03-03", 18), None, "appeal under review")
    counted = CALENDAR.count(at("2020-03-02"), Term(count=1, unit=WORKING), (still,))
    assert counted.due == at("2020-03-03", 17)


def test_a_last_day_that_moves_passes_over_days_on_which_the_clock_stands_still() -> None:
    still = Pause(at("2020-03-09"), at("2020-03-11"), "paused")
    counted = CALENDAR.count(at("2020-03-02"), Term(count=6, unit=NATURAL), (still,))
    assert counted.due == at("2020-03-11", 17)
    kinds = [each.kind for each in counted.days[-4:]]
    assert kinds == ["counted", "subtracted", "subtracted", "skipped"]


def test_of_hours_only_those_are_left_out_in_which_the_clock_stands_still() -> None:
    still = Pause(moment("2025-10-09 10:00"), moment("2025-10-10 15:30"), "paused")
    term = Term(count=3, unit=DayCount.HOURS)
    counted = SPLIT.count(moment("2025-10-09 09:30"), term, (still,))
    assert counted.due == moment("2025-10-11 10:00")
    assert [day.spent // timedelta(minutes=1) for day in counted.days] == [30, 90, 60]
    over = SPLIT.count(moment("2025-10-09 09:00"), Term(count=1, unit=DayCount.HOURS), (still,))
    assert over.due == moment("2025-10-09 10:00")


@pytest.mark.parametrize(
    ("days", "moment"),
    [(-1, "2020-09-30"), (1, "2020-10-10"), (2, "2020-10-12"), (-3, "2020-09-28")],
)
def test_rungs_are_shifted_by_working_days(days: int, moment: str) -> None:
    assert CALENDAR.shift(at("2020-10-09", 17), days) == at(moment, 17)


STARTS = st.datetimes(datetime(2019, 12, 1), datetime(2026, 11, 30)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=ZONE)
)


@given(STARTS, st.integers(1, 30), st.sampled_from(DayCount))
def test_a_deadline_is_a_later_working_day_and_one_day_more_is_never_sooner(
    start: datetime, count: int, unit: DayCount
) -> None:
    due = CALENDAR.count(start, Term(count=count, unit=unit)).due
    more = CALENDAR.count(start, Term(count=count + 1, unit=unit)).due
    assert due is not None
    assert more is not None
    assert CALENDAR.works(due.date())
    assert start < due <= more
