"""Notices: who is told of what, in office hours, and never those whom the rating was about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.contracts.directory import Directory
from services.contracts.events import CaseClosed, CaseMoved, CaseOpened
from services.contracts.message import Message
from services.contracts.vocabulary import Closing
from services.rectify.decision import Office
from services.rectify.facts import Case
from services.rectify.mailing import letter
from services.rectify.notices import Kind, Notice, Subscription, kind_of, next_try, notices
from services.rectify.opening import Report, for_report, opened
from tests.unit.rectify.county import (
    DIRECTORY,
    MONDAY,
    RULES,
    ZONE,
    changed,
    office,
    opened_case,
    story,
)

WITH_MAIL = Directory(
    units=DIRECTORY.units,
    windows=DIRECTORY.windows,
    principals=tuple(
        each.model_copy(update={"mail": f"{each.id}@county.example"})
        for each in DIRECTORY.principals
    ),
)
SATURDAY = datetime(2020, 3, 7, 23, 0, tzinfo=ZONE)
NEXT_OPENING = datetime(2020, 3, 9, 9, 0, tzinfo=ZONE)


def there(now: datetime = MONDAY) -> Office:
    """The county, where everybody has an address."""
    return office(now, directory=WITH_MAIL)


def moved(case: Case, what: str = "claim", by: str = "li", **fields: Any) -> CaseMoved:
    """A case has moved."""
    states = {"before": case.state, "after": case.state}
    return CaseMoved(case_id=case.id, move=what, by=by, at=MONDAY, **states, **fields)


def subscriber(unit: str = "bureau", **fields: Any) -> Subscription:
    """A system that wants to know everything about a unit."""
    known = {"id": "wh-1", "url": "http://x", "unit": unit, "kinds": frozenset(Kind)}
    return Subscription.model_validate(
        {**known, "created_by": "admin", "created_at": MONDAY, **fields}
    )


def told(message: Message, case: Case, now: datetime = MONDAY) -> set[str]:
    """Who is mailed."""
    return {each.to for each in notices(message, case, there(now), [], mail=True)}


def opening(case: Case) -> CaseOpened:
    """A case has been opened."""
    return CaseOpened(case_id=case.id, rating_key=None, unit=case.unit, at=MONDAY)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("claim", Kind.MOVED),
        ("invalidate", Kind.INVALIDATED),
        ("escalate:amber", Kind.DUE_SOON),
        ("escalate:red", Kind.OVERDUE),
        ("escalate:contact", Kind.OVERDUE),
    ],
)
def test_a_move_makes_its_kind_of_notice(what: str, kind: Kind) -> None:
    assert kind_of(moved(opened_case(), what), RULES) is kind


def test_the_officers_of_the_unit_hear_of_a_new_case_but_not_the_rated_window() -> None:
    case = opened_case(window="w1")
    assert told(opening(case), case) == {"li", "wu"}


def test_dispatchers_hear_of_a_case_that_nobody_handles() -> None:
    case = opened_case(unit="empty").model_copy(update={"handler": None})
    assert told(opening(case), case) == {"dong"}


def test_officers_hear_of_a_case_that_a_dispatcher_passes_on_and_dispatchers_of_one_returned() -> (
    None
):
    case = opened_case(window="w1")
    first = moved(case, "dispatch", "rectify")
    assert told(first, case) == set()
    later = {"at": MONDAY + timedelta(hours=1)}
    assert told(first.model_copy(update=later), case) == {"li", "wu"}
    returned = story(case, "li return")
    assert told(moved(returned, "return").model_copy(update=later), returned) == {"dong"}


def test_a_rung_tells_its_role_in_the_nearest_unit_and_the_officer() -> None:
    case = story(opened_case(), "li claim")
    assert told(moved(case, "escalate:amber", "rectify", tells="approver"), case) == {"zhao", "li"}
    assert told(moved(case, "escalate:x", "rectify", tells="supervisor"), case) == {"du", "li"}


def test_an_officer_is_not_told_of_their_own_move() -> None:
    case = story(opened_case(), "li claim")
    assert told(moved(case, by="li"), case) == set()
    assert told(moved(case, "assign", by="zhao"), case) == {"li"}


def test_callers_hear_of_an_invalid_rating_whose_rater_can_be_called() -> None:
    case = story(opened_case(), "li claim, li appeal, shen uphold")
    assert told(moved(case, "invalidate", "rectify"), case) == {"he"}
    unknown = case.model_copy(update={"contactable": False})
    assert told(moved(unknown, "invalidate", "rectify"), unknown) == set()


def made(message: Message, case: Case, now: datetime, **fields: Any) -> list[Notice]:
    """All notices for one subscriber and everybody with an address."""
    return notices(message, case, there(now), [subscriber(**fields)], mail=True)


def test_mail_and_reminders_wait_for_the_next_opening() -> None:
    case = story(opened_case(), "li claim")
    late = made(moved(case, "escalate:red", "rectify", tells="approver"), case, SATURDAY)
    assert {each.open_at for each in late} == {NEXT_OPENING}
    facts = made(moved(case, "assign", "zhao"), case, SATURDAY)
    assert {each.way: each.open_at for each in facts} == {"webhook": SATURDAY, "mail": NEXT_OPENING}
    now = made(moved(case, "escalate:red", "rectify", tells="approver"), case, MONDAY)
    assert {each.open_at for each in now} == {MONDAY}


def test_a_make_up_sunday_is_a_time_for_reminders() -> None:
    """调休: Sunday 28 September 2025 was a workday, 国办发明电〔2024〕12号."""
    case = story(opened_case(), "li claim")
    make_up = datetime(2025, 9, 28, 10, 0, tzinfo=ZONE)
    reminder = made(moved(case, "escalate:red", "rectify", tells="approver"), case, make_up)
    assert {each.open_at for each in reminder} == {make_up}


def test_nobody_is_reminded_at_noon_where_offices_close_for_it() -> None:
    rules = changed(region={"breaks": ("12:00-14:00",)})
    case, noon = story(opened_case(), "li claim"), MONDAY.replace(hour=12, minute=30)
    event = moved(case, "escalate:red", "rectify", tells="approver")
    found = notices(event, case, office(noon, rules, there().directory), [subscriber()], mail=True)
    assert {each.way for each in found} == {"webhook", "mail"}
    assert {each.open_at for each in found} == {MONDAY.replace(hour=14)}


def test_a_subscriber_hears_of_its_subtree_and_its_kinds_only() -> None:
    case = opened_case(unit="north")
    event = opening(case)
    assert [each.to for each in made(event, case, MONDAY) if each.way == "webhook"] == ["wh-1"]
    for fields in ({"unit": "empty"}, {"kinds": {Kind.CLOSED}}, {"active": False}):
        assert not [each for each in made(event, case, MONDAY, **fields) if each.way == "webhook"]


def test_the_accused_unit_does_not_hear_of_a_forced_review() -> None:
    report = Report.model_validate({"source": "forced_review", "reference": "1", "unit": "social"})
    case = opened(for_report(report, there()), there()).case
    found = made(opening(case), case, MONDAY, unit="social")
    assert {each.to for each in found} == {"sun"}


def test_an_event_heard_again_makes_the_same_notices() -> None:
    case = opened_case()
    first, again = (made(opening(case), case, MONDAY + timedelta(days=n)) for n in (0, 1))
    assert [each.id for each in first] == [each.id for each in again]
    assert len({each.id for each in first}) == len(first)


def test_nothing_personal_is_told() -> None:
    case = opened_case(rating_key="biz:330106199001011234:completed:1:1")
    closed = CaseClosed(case_id=case.id, closing=Closing.SATISFIED, at=MONDAY)
    (notice, *_) = made(closed, case, MONDAY)
    assert "330106199001011234" not in str(notice)
    mail = letter({"_id": "e-li", "kind": notice.kind}, case, "li@county.example", there())
    assert "330106199001011234" not in mail.as_string()
    assert mail["Subject"] == f"差评工单已办结 {case.id}"


def test_patience_ends_after_three_days() -> None:
    waits = [next_try(attempts, MONDAY) for attempts in range(1, 11)]
    assert waits[0] == MONDAY + timedelta(seconds=5)
    assert waits[-1] is None
    assert waits[:-1] == sorted(each for each in waits if each)
