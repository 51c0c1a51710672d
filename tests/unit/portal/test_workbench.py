"""The thinking of the workbench: what is left, which forms, which list, and what a search means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.actor import Role
from services.contracts.calendar import calendar_of
from services.contracts.directory import Directory, Item, Principal, Unit
from services.errors import Conflict
from services.portal.caseforms import Typed, command, offers, version_to_expect, wrongs
from services.portal.casenames import Choices, Names
from services.portal.casesearch import Hit, case_number, hits, phone_number
from services.portal.casetabs import summary, tabs_for, wanted
from services.portal.newcase import report
from services.portal.remaining import Urgency, remaining
from services.portal.savedfilters import MOST, SavedFilters
from tests.county import RULES
from tests.fake import fake_database

CALENDAR = calendar_of(RULES.region)
MONDAY = datetime(2020, 3, 2, 10, tzinfo=RULES.region.zone)
FRIDAY_CLOSE = datetime(2020, 3, 6, 17, tzinfo=RULES.region.zone)
OFFICER = frozenset({Role.OFFICER})


def left(due: datetime | None, now: datetime = MONDAY, **more: bool) -> tuple[str, int, int]:
    """The urgency, the days and the minutes."""
    found = remaining(due, now, CALENDAR, **more)
    return found.urgency, found.days, found.minutes


def test_time_left_is_counted_in_working_days_and_today_in_office_minutes() -> None:
    assert left(FRIDAY_CLOSE) == (Urgency.CALM, 4, 0)
    assert left(FRIDAY_CLOSE + timedelta(days=3)) == (Urgency.CALM, 5, 0)
    assert left(MONDAY.replace(hour=17)) == (Urgency.TODAY, 0, 420)
    assert left(MONDAY.replace(hour=17), MONDAY.replace(hour=8)) == (Urgency.TODAY, 0, 480)
    assert left(MONDAY + timedelta(days=1)) == (Urgency.SOON, 1, 0)
    assert left(MONDAY - timedelta(hours=1)) == (Urgency.OVERDUE, 0, 0)
    assert left(MONDAY - timedelta(days=4)) == (Urgency.OVERDUE, 2, 0)
    assert left(FRIDAY_CLOSE, paused=True)[0] is Urgency.PAUSED
    assert left(None)[0] is Urgency.CLOSED


@given(st.integers(-100_000, 100_000), st.integers(0, 100_000))
def test_a_later_due_time_never_leaves_less(first: int, more: int) -> None:
    def rest(minutes: int) -> tuple[int, int]:
        found = remaining(MONDAY + timedelta(minutes=minutes), MONDAY, CALENDAR)
        return (-found.days if found.urgency is Urgency.OVERDUE else found.days, found.minutes)

    earlier, later = rest(first), rest(first + more)
    assert earlier[0] <= later[0]


LEGAL: list[dict[str, Any]] = [
    {"move": "return", "needs": ["reason"]},
    {"move": "callback", "result": "satisfied", "needs": []},
    {"move": "callback", "result": "dissatisfied", "needs": ["reason"]},
    {"move": "verify", "needs": []},
    {"move": "something new", "needs": ["text"]},
]


def test_each_legal_move_is_one_form_with_what_it_needs_and_what_leads_on_comes_first() -> None:
    made = offers(LEGAL)
    assert [each.move for each in made] == ["verify", "callback", "return", "something new"]
    verify, callback, back, new = made
    assert (verify.needs, verify.fields) == ((), ("difficulty", "reached", "text"))
    assert callback.results == ("satisfied", "dissatisfied")
    assert (callback.needs, back.fields, new.fields) == ((), ("reason",), ("text",))


def test_a_form_that_comes_back_keeps_its_command_so_that_a_second_sending_is_known() -> None:
    typed = Typed({"move": "return", "command_id": "mine", "reason": "not ours"})
    again = {each.move: each.command_id for each in offers(LEGAL, typed)}
    assert again["return"] == "mine"
    assert again["verify"] != "mine"
    assert typed.words() == [("reason", "not ours")]


def test_what_was_left_empty_is_not_said() -> None:
    form = {"command_id": "c", "move": "verify", "text": " ", "reached": "no", "reason": " true "}
    said = {"command_id": "c", "move": "verify", "expected_version": 3}
    assert command(form, 3, []) == {**said, "reached": False, "reason": "true"}
    assert command({"command_id": "c", "move": "verify"}, 3, ["f"]) == {**said, "evidence": ["f"]}


def test_a_wrong_field_is_named_as_the_form_names_it() -> None:
    errors = [{"pointer": "/reason", "detail": "'submit' needs it"}, {"pointer": "", "detail": "?"}]
    assert wrongs([*errors, {"pointer": "/evidence/0", "detail": "no"}]) == {
        "reason": "'submit' needs it",
        "evidence": "no",
    }


def test_ones_own_upload_is_no_conflict_but_anothers_move_is() -> None:
    upload = {"version": 4, "move": "attach", "by": "li"}
    case: dict[str, Any] = {
        "version": 4,
        "history": [{"version": 3, "move": "claim", "by": "li"}, upload],
    }
    assert version_to_expect(3, case, ["f"], "li") == 4
    other = {"version": 5, "history": [*case["history"], {**upload, "version": 5, "by": "wu"}]}
    assert version_to_expect(3, other, ["f"], "li") == 3


def test_everybody_begins_with_what_waits_for_them() -> None:
    assert [tabs_for(frozenset({role}))[0].key for role in (Role.OFFICER, Role.CALLER)] == [
        "mine",
        "callback",
    ]
    assert tabs_for(frozenset({Role.DISPATCHER}))[0].asks == {"state": "undispatched"}


def test_a_tab_with_filters_asks_the_api_and_is_found_again() -> None:
    asked = wanted({"tab": "unit", "tag": "201", "due": "today", "bad": "x", "at": "50"}, OFFICER)
    assert asked.query == {"my_unit": "true", "tag": "201", "due_today": "true"}
    assert (asked.words, asked.at, asked.own) == ("tab=unit&tag=201&due=today", 50, False)
    closed = wanted({"tab": "closed", "state": "opened"}, OFFICER)
    assert closed.query == {"state": "closed"}
    assert wanted({"tab": "undispatched", "at": "-1"}, OFFICER).tab.key == "mine"


def test_a_page_far_down_a_list_is_found_again() -> None:
    asked = {"tab": "unit", "tag": "201", "cursor": "b3JkZXI=", "at": "50"}
    here = wanted(asked, OFFICER)
    assert wanted(dict(parse_qsl(here.place)), OFFICER) == here
    first = wanted({"tab": "unit"}, OFFICER)
    assert first.place == first.words == "tab=unit"


def test_the_summary_counts_what_presses() -> None:
    def row(due: datetime, state: str = "verifying", paused: bool = False) -> dict[str, Any]:
        overdue = due < MONDAY
        return {"due_at": due.isoformat(), "state": state, "overdue": overdue, "paused": paused}

    rows = [
        row(MONDAY - timedelta(days=3)),
        row(MONDAY.replace(hour=17)),
        row(MONDAY.replace(hour=16), paused=True),
        row(FRIDAY_CLOSE, "awaiting_callback"),
        {"due_at": None, "state": "closed", "overdue": False, "paused": False},
    ]
    found = summary(rows, CALENDAR.begins(MONDAY.date() + timedelta(days=1)))
    assert (found.open, found.overdue, found.today, found.waiting) == (4, 1, 1, 2)
    assert not found.more


DIRECTORY = Directory(
    units=(Unit(id="rsj", name="人社局"), Unit(id="gaj", name="公安局")),
    items=(
        Item(id="card", name="社会保障卡申领", unit="rsj"),
        Item(id="id", name="身份证换领", unit="gaj"),
    ),
    principals=(
        Principal(id="li", name="李伟", roles=OFFICER, unit="rsj"),
        Principal(id="he", name="何敏", roles=OFFICER, unit="gaj"),
    ),
)
CHOICES = Choices(Names(DIRECTORY, RULES), frozenset({"rsj"}), MONDAY)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("case-0123456789abcdef", "case-0123456789abcdef"),
        (" 0123456789ABCDEF ", "case-0123456789abcdef"),
        ("0123", None),
        ("../etc", None),
    ],
)
def test_a_case_is_found_by_its_number(words: str, number: str | None) -> None:
    assert case_number(words) == number


def test_words_mean_filters_within_what_somebody_sees() -> None:
    assert hits("社会保障", CHOICES) == [Hit("item", "card", "社会保障卡申领")]
    assert hits("身份证", CHOICES) == []
    assert [hit.filter for hit in hits("人社局", CHOICES)] == ["handler", "assignee"]
    assert hits(" ", CHOICES) == []


@given(st.text(max_size=50))
def test_no_words_break_the_search(words: str) -> None:
    assert len(hits(words, CHOICES)) <= 20


def test_officers_are_those_for_the_unit_and_a_stranger_keeps_their_code() -> None:
    assert [id for id, _ in CHOICES.officers("gaj")] == ["he"]
    assert [id for id, _ in CHOICES.officers()] == ["li"]
    names = Names(DIRECTORY, RULES)
    assert (names.person("li"), names.person("x"), names.unit(None)) == ("李伟", "x", "")


def test_a_case_is_given_to_nobody_who_left_and_no_unit_that_was_closed_but_theirs_are_found() -> (
    None
):
    gone = Principal(id="old", name="老李", roles=OFFICER, unit="rsj", active_to=MONDAY)
    closed = Unit(id="zjj", name="住建局", active_to=MONDAY)
    there = Directory(units=(*DIRECTORY.units, closed), principals=(*DIRECTORY.principals, gone))
    choices = Choices(Names(there, RULES), frozenset({"rsj", "zjj"}), MONDAY)
    assert [id for id, _ in choices.assignees("rsj")] == ["li"]
    assert [id for id, _ in choices.officers()] == ["li", "old"]
    assert [id for id, _ in choices.handlers] == ["rsj"]
    assert [id for id, _ in choices.units] == ["rsj", "zjj"]


def test_a_report_says_what_was_filled_in_and_since_when() -> None:
    form = {"source": "letter", "reference": " 12 ", "unit": "rsj", "item": "", "named": "on"}
    said = {"source": "letter", "reference": "12", "unit": "rsj"}
    ticked = {"named": True, "contactable": False}
    assert report(form, CALENDAR) == {**said, **ticked}
    dated = report({**form, "occurred_at": "2020-03-02"}, CALENDAR)
    assert dated["occurred_at"] == "2020-03-02T00:00:00+08:00"
    assert report({"occurred_at": "soon"}, CALENDAR)["occurred_at"] == "soon"


def test_filters_are_kept_by_person_and_name() -> None:
    kept = SavedFilters(fake_database())
    kept.keep("li", "急件", "tab=unit&due=today")
    kept.keep("li", "急件", "tab=unit&due=overdue")
    kept.keep("he", "$where.x", "tab=all")
    assert [(each.name, each.query) for each in kept.of("li")] == [("急件", "tab=unit&due=overdue")]
    kept.forget("li", kept.of("he")[0].key)
    kept.forget("li", "_id")
    assert [each.name for each in kept.of("he")] == ["$where.x"]
    kept.forget("li", kept.of("li")[0].key)
    assert kept.of("li") == []


def test_nobody_keeps_more_filters_than_can_be_looked_through() -> None:
    kept = SavedFilters(fake_database())
    for number in range(MOST):
        kept.keep("li", str(number), "tab=all")
    with pytest.raises(Conflict):
        kept.keep("li", "one more", "tab=all")
    kept.keep("li", "0", "tab=closed")


@pytest.mark.parametrize("words", ["13800001234", " +86 138-0000-1234 ", "0760 86123456"])
def test_a_whole_telephone_number_is_told_from_a_case_and_from_words(words: str) -> None:
    assert phone_number(words) == words.strip()
    assert case_number(words) is None


@pytest.mark.parametrize(
    "words", ["138", "12345", "0" * 16, "case-0123456789012345", "道路 138", ""]
)
def test_what_is_no_whole_number_is_searched_for_as_words(words: str) -> None:
    assert phone_number(words) is None
