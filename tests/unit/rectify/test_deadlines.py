"""Counted by hand: March 2020 has no holidays, 4 to 6 April are 清明 (国办发明电〔2019〕16号)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.adapters.rulebook import load_rules
from services.contracts.actor import Role
from services.contracts.calendar import calendar_of
from services.contracts.rules import Rules
from services.contracts.terms import DayCount, Term
from services.contracts.verdict import Verdict, verdict
from services.rectify.deadlines import derive, pause_days_left, rung_key
from services.rectify.decision import Office
from services.rectify.document import fields
from services.rectify.effects import ran_late
from services.rectify.facts import Case, Stop
from services.rectify.opening import for_rating
from tests.unit.rectify.county import (
    MONDAY,
    RULES,
    ZONE,
    bad_rating,
    changed,
    office,
    opened_case,
    story,
    told,
)

RULES_FOLDER = Path(__file__).parents[3] / "config" / "rules"


def march(day: int, hour: int = 17, month: int = 3) -> datetime:
    """A moment of March 2020."""
    return datetime(2020, month, day, hour, tzinfo=ZONE)


def verified() -> Case:
    """A case verified on Monday the 2nd."""
    return story(opened_case(), "li claim, li verify")


def test_contact_and_rectify_count_from_the_dispatch() -> None:
    deadlines = derive(opened_case(), RULES)
    assert deadlines.contact.due == march(3)
    assert deadlines.rectify.due == march(23)
    assert deadlines.due_at == march(3)


def test_a_case_that_nobody_dispatches_falls_due_all_the_same() -> None:
    waiting = for_rating(bad_rating(unit="empty"), "case-1", office())
    assert derive(waiting, RULES).rectify.due == march(23)


def test_a_return_buys_no_time_to_rectify_but_a_new_contact_term() -> None:
    returned = told(opened_case(), "li return", march(4, 9))
    again = told(returned, "dong dispatch", march(5, 9))
    deadlines = derive(again, RULES)
    assert deadlines.contact.due == march(6)
    assert deadlines.rectify.due == march(23)


def test_the_rectify_clock_stands_still_during_the_review_of_an_appeal() -> None:
    appealed = told(verified(), "li appeal", march(4, 9))
    during = derive(appealed, RULES)
    assert during.rectify.due is None
    assert during.review is not None
    assert during.review.due == during.due_at == march(9)
    refused = told(appealed, "shen refuse", march(6, 9))
    assert derive(refused, RULES).rectify.due == march(25)


def test_a_case_that_was_overdue_before_the_appeal_stays_so() -> None:
    appealed = told(verified(), "li appeal", march(24, 9))
    assert derive(appealed, RULES).rectify.due == march(23)


def test_an_appeal_on_the_due_day_stops_the_clock_until_it_is_decided() -> None:
    appealed = told(verified(), "li appeal", march(23, 10))
    kept = fields(appealed, RULES) | {"_id": appealed.id}
    assert verdict(kept, march(25)) is Verdict.PENDING
    refused = told(appealed, "shen refuse", march(26, 9))
    assert derive(refused, RULES).rectify.due == march(26)
    submitted = told(refused, "li submit", march(26, 10))
    kept = fields(submitted, RULES) | {"_id": submitted.id}
    assert verdict(kept, march(31)) is Verdict.DONE_ON_TIME


def test_a_case_paused_on_the_due_day_is_not_red_that_evening() -> None:
    waiting = told(verified(), "li pause", march(23, 10))
    assert "red" not in {rung.name for rung in derive(waiting, RULES).come(march(23, 18))}
    assert derive(told(waiting, "li resume", march(24, 9)), RULES).rectify.due == march(24)


def test_an_appeal_after_offices_have_closed_on_the_due_day_comes_too_late_to_stop_it() -> None:
    appealed = told(verified(), "li appeal", march(23, 18))
    assert derive(appealed, RULES).rectify.due == march(23)


LENGTHS = st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 6000)), min_size=1, max_size=4)


@given(
    lengths=LENGTHS,
    whys=st.lists(st.sampled_from(["appeal", "pause"]), min_size=4, max_size=4),
    goes_on=st.booleans(),
    extended=st.booleans(),
    term=st.builds(Term, count=st.integers(1, 20), unit=st.sampled_from(DayCount)),
)
@example(
    lengths=[(60, 30)],
    whys=["pause"],
    goes_on=False,
    extended=False,
    term=Term(count=1, unit=DayCount.HOURS),
)
def test_nothing_falls_due_while_the_clock_stands_still_and_nothing_earlier_for_it(
    lengths: list[tuple[int, int]],
    whys: list[Literal["appeal", "pause"]],
    goes_on: bool,
    extended: bool,
    term: Term,
) -> None:
    at, stops = MONDAY, []
    for (runs, stands), why in zip(lengths, whys, strict=False):
        since = at + timedelta(minutes=runs)
        at = since + timedelta(minutes=stands)
        stops.append(Stop(why=why, since=since, until=at))
    if goes_on:
        stops[-1] = stops[-1].model_copy(update={"why": "appeal", "until": None})
    rules = changed(deadlines={"rectify": {"ordinary": term}, "pause_cap_days": 365})
    running = verified().model_copy(update={"extended_in": 1 if extended else None})
    stopped = running.model_copy(update={"stops": tuple(stops)})
    due, without = (derive(case, rules).rectify.due for case in (stopped, running))
    assert without is not None
    assert due is None or due >= without
    for stop in stops:
        assert due is None or due <= stop.since or (stop.until and stop.until <= due)


def test_whole_days_of_a_pause_are_subtracted() -> None:
    waiting = told(verified(), "li pause", march(4, 9))
    resumed = told(waiting, "li resume", march(9, 9))
    assert derive(resumed, RULES).rectify.due == march(26)
    assert pause_days_left(resumed, RULES.deadlines, calendar_of(RULES.region)) == 5


def test_a_pause_that_nobody_ends_counts_up_to_the_cap() -> None:
    waiting = told(verified(), "li pause", march(4, 9))
    assert derive(waiting, RULES).rectify.due == march(2, month=4)
    resumed = told(waiting, "li resume", march(30, 9))
    assert derive(resumed, RULES).rectify.due == march(2, month=4)


def test_several_pauses_share_one_cap() -> None:
    case = told(told(verified(), "li pause", march(4, 9)), "li resume", march(12, 9))
    case = told(told(case, "li pause", march(12, 10)), "li resume", march(19, 9))
    assert pause_days_left(case, RULES.deadlines, calendar_of(RULES.region)) == 0
    assert derive(case, RULES).rectify.due == march(2, month=4)


def test_an_extension_counts_on_from_the_last_day() -> None:
    asked = told(verified(), "li ask_extension", march(20, 9))
    extended = told(asked, "zhao grant_extension", march(23, 9))
    count = derive(extended, RULES).rectify
    assert count.due == march(30)
    assert [day.number for day in count.days if day.number][-1] == 20


def test_a_rework_has_a_rectify_term_of_its_own_without_the_extension() -> None:
    asked = told(verified(), "li ask_extension", march(20, 9))
    extended = told(asked, "zhao grant_extension", march(20, 10))
    reworked = story(extended, "li submit, he dissatisfied", march(23, 9))
    assert derive(reworked, RULES).rectify.due == march(14, month=4)


def test_where_it_counts_from_verification_the_contact_deadline_stands_in_for_it() -> None:
    shenzhen = load_rules(RULES_FOLDER, "shenzhen")
    before = derive(opened_case(), shenzhen)
    assert before.contact.due == march(5, 18)
    assert before.rectify.due == march(19, 18)
    after = derive(verified(), shenzhen)
    assert after.rectify.due == march(16, 18)


def test_the_ladder_hangs_on_the_rectify_deadline() -> None:
    rungs = derive(verified(), RULES).rungs
    assert [(rung.name, rung.at, rung.tells) for rung in rungs] == [
        ("amber", march(20), Role.APPROVER),
        ("red", march(23), Role.DISPATCHER),
        ("supervised", march(26), Role.SUPERVISOR),
    ]


def test_a_recorded_rung_does_not_come_again_even_when_the_deadline_moves() -> None:
    case = verified()
    case = case.model_copy(update={"escalations": (rung_key(case, "amber"),)})
    asked = told(case, "li ask_extension", march(20, 18))
    extended = told(asked, "zhao grant_extension", march(20, 19))
    assert [rung.name for rung in derive(extended, RULES).rungs] == ["red", "supervised"]


def test_after_an_outage_all_rungs_have_come_in_order() -> None:
    come = derive(verified(), RULES).come(march(30))
    assert [rung.name for rung in come] == ["amber", "red", "supervised"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("li claim", "contact"),
        ("li claim, li appeal", "review"),
        ("li claim, li verify, li submit", "callback"),
    ],
)
def test_every_clock_tells_somebody_when_it_has_run_out(lines: str, expected: str) -> None:
    rungs = derive(story(opened_case(), lines), RULES).rungs
    assert rungs[0].name == expected


def test_nothing_is_due_once_a_case_is_closed() -> None:
    closed = story(verified(), "li submit, he satisfied", march(4, 9))
    deadlines = derive(closed, RULES)
    assert deadlines.due_at is None
    assert deadlines.rungs == ()
    assert deadlines.rectify.due == march(23)


@pytest.mark.parametrize(
    ("place", "contact", "ordinary", "complex_"),
    [
        ("weiyuan", march(3), march(23), march(23)),
        ("zhejiang", march(3), march(17), march(17)),
        ("shanghai", march(3), march(9), march(23)),
        ("dezhou", march(3), march(9), march(9)),
        ("linwu", march(3), march(9), march(17)),
        ("wuhan", march(3), march(16), march(16)),
        ("beijing", march(3, 18), march(9, 18), march(9, 18)),
        ("sichuan", march(3), march(23), march(23)),
    ],
)
def test_the_deadlines_of_each_place_are_what_it_published(
    place: str, contact: datetime, ordinary: datetime, complex_: datetime
) -> None:
    rules = load_rules(RULES_FOLDER, place)
    case = opened_case()
    hard = case.model_copy(update={"difficulty": "complex"})
    assert derive(case, rules).contact.due == contact
    assert derive(case, rules).rectify.due == ordinary
    assert derive(hard, rules).rectify.due == complex_


def test_a_changed_rule_moves_open_deadlines() -> None:
    longer: Rules = changed(deadlines={"extension": {"count": 10, "unit": "working_days"}})
    asked = told(verified(), "li ask_extension", march(20, 9))
    extended = told(asked, "zhao grant_extension", march(20, 10))
    assert derive(extended, longer).rectify.due == march(7, month=4)


def test_a_callback_has_a_term_of_its_own_where_the_rules_say_so() -> None:
    submitted = told(verified(), "li submit", march(4, 9))
    assert derive(submitted, RULES).due_at == march(5)
    rules = changed(deadlines={"callback": {"count": 3, "unit": "working_days"}})
    assert derive(submitted, rules).due_at == march(9)


def test_hours_of_contact_count_from_the_dispatch() -> None:
    hours = {"contact": {"count": 4, "unit": "working_hours"}}
    rules = changed(deadlines=hours, region={"breaks": ("12:00-14:00",)})
    assert derive(opened_case(), rules).contact.due == march(2, 16)


def test_a_rung_hangs_on_the_clock_that_it_names() -> None:
    reminder = {"name": "call", "working_days": -1, "tells": "caller", "clock": "callback"}
    slow = {"callback": {"count": 3, "unit": "working_days"}}
    rules = changed(
        ladder={"rungs": (*RULES.model_dump()["ladder"]["rungs"], reminder)}, deadlines=slow
    )
    assert [rung.name for rung in derive(verified(), rules).rungs] == ["amber", "red", "supervised"]
    submitted = told(verified(), "li submit", march(4, 9))
    rungs = [(rung.name, rung.at, rung.tells) for rung in derive(submitted, rules).rungs]
    assert rungs == [("call", march(6), Role.CALLER), ("callback", march(9), Role.SUPERVISOR)]


@pytest.mark.parametrize("name", ["amber", "contact", "callback"])
def test_rungs_have_names_of_their_own(name: str) -> None:
    second = {"name": name, "working_days": 1, "tells": "supervisor"}
    with pytest.raises(ValidationError, match="names of their own"):
        changed(ladder={"rungs": (*RULES.model_dump()["ladder"]["rungs"], second)})


def test_what_was_submitted_in_time_stays_so_when_the_rules_change() -> None:
    submitted = told(verified(), "li submit", march(20, 9))
    stricter = changed(deadlines={"rectify": {"ordinary": {"count": 5, "unit": "working_days"}}})
    there = office(march(23, 9), stricter)
    assert not ran_late(submitted, there)
    assert fields(submitted, stricter)["rectify_due_at"] == march(23)
    assert fields(verified(), stricter)["rectify_due_at"] == march(9)


def test_an_office_reads_its_calendar_from_the_region() -> None:
    assert Office(RULES, office().directory, MONDAY).calendar.region.name == "渭源县"
