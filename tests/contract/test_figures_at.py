"""The figures of a month as they stood on past days, on the fake and on the real database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.contracts.events import RatingLinked
from services.contracts.period import Period
from services.contracts.rectification import rating_case_id
from services.contracts.rules import Rules
from services.contracts.vocabulary import Level
from services.rectify import desk, hearing
from services.rectify.facts import Command, Move
from services.rectify.figures import figures
from services.rectify.rederiving import rederive_open
from services.rectify.repository import Cases
from tests.unit.rectify.county import KEY, MONDAY, RULES, actor, bad_rating, changed, office

MARCH = Period.parse("2020-03")
SOCIAL = frozenset({"social"})


def within(working_days: int) -> Rules:
    """The next version of the rules, by which ordinary cases have so long."""
    term = {"count": working_days, "unit": "working_days"}
    newer = RULES.model_copy(update={"version": 2})
    return changed(newer, deadlines={"rectify": {"ordinary": term}})


SHORTER = within(5)


def day(number: int, hour: int = 12) -> datetime:
    """A moment of March 2020."""
    return MONDAY.replace(day=number, hour=hour)


def made(db: Db, at: datetime, who: str, what: Move, rules: Rules = RULES, **said: Any) -> None:
    """Somebody's move at a moment."""
    cases, id = Cases(db, KEY, rules), rating_case_id(KEY, "a")
    before = cases.find(id)
    assert before is not None
    version = before.case.version
    command = Command.model_validate(
        {"command_id": f"{version}", "move": what, "expected_version": version, **said}
    )
    desk.make_move(cases, office(at, rules), actor(who), id, command)


def told(db: Db, at: datetime, rules: Rules = RULES, units: frozenset[str] = SOCIAL) -> Any:
    """The figures as they stood then."""
    return figures(Cases(db, KEY, rules).of_months_at(MARCH, units, at), at)


@pytest.fixture
def story(db: Db) -> None:
    """Opened on the 2nd, verified on the 3rd, submitted on the 5th, unhappy on the 6th, submitted
    again on the 9th, satisfied on the 10th.
    """
    moves: tuple[tuple[int, str, Move, dict[str, Any]], ...] = (
        (3, "li", Move.CLAIM, {}),
        (3, "li", Move.VERIFY, {}),
        (5, "li", Move.SUBMIT, {"text": "done"}),
        (6, "he", Move.CALLBACK, {"result": "dissatisfied", "reason": "no"}),
        (9, "li", Move.SUBMIT, {"text": "done again"}),
        (10, "he", Move.CALLBACK, {"result": "satisfied"}),
    )
    hearing.hear(Cases(db, KEY, RULES), office(), bad_rating(rating_key="a"))
    for number, who, what, said in moves:
        made(db, day(number, 9), who, what, **said)


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("on", "verdict", "called_back", "satisfied", "closed"),
    [
        (2, "pending", (0, 0), (0, 0), 0),
        (3, "pending", (0, 0), (0, 0), 0),
        (4, "pending", (0, 1), (0, 0), 0),
        (5, "done_on_time", (0, 1), (0, 0), 0),
        (6, "pending", (1, 1), (0, 1), 0),
        (9, "done_on_time", (1, 1), (0, 1), 0),
        (10, "done_on_time", (1, 1), (1, 1), 1),
        (31, "done_on_time", (1, 1), (1, 1), 1),
    ],
)
def test_figures_stand_as_they_stood_on_the_day_asked_for(
    db: Db,
    on: int,
    verdict: str,
    called_back: tuple[int, int],
    satisfied: tuple[int, int],
    closed: int,
) -> None:
    then = told(db, day(on))
    assert then["verdicts"] == {verdict: 1}
    rates = {each["key"]: (each["numerator"], each["denominator"]) for each in then["rates"]}
    assert rates["called_back_rate"] == called_back
    assert rates["callback_satisfied_rate"] == satisfied
    (close,) = [each for each in then["times"] if each["key"] == "time_to_close"]
    assert close["count"] == closed


@pytest.mark.usefixtures("story")
def test_a_case_that_was_not_open_yet_is_in_no_figure(db: Db) -> None:
    assert told(db, day(1))["cases"] == 0


def test_a_deadline_is_the_one_that_was_in_force_on_the_day(db: Db) -> None:
    hearing.hear(Cases(db, KEY, RULES), office(), bad_rating(rating_key="a"))
    rederive_open(Cases(db, KEY, RULES), office())
    assert rederive_open(Cases(db, KEY, SHORTER), office(day(12), SHORTER)) == 1
    assert told(db, day(11), SHORTER)["verdicts"] == {"pending": 1}
    assert told(db, day(13), SHORTER)["verdicts"] == {"overdue_open": 1}


def test_rules_that_came_after_a_case_was_closed_move_no_deadline_of_a_past_day(db: Db) -> None:
    hearing.hear(Cases(db, KEY, RULES), office(), bad_rating(rating_key="a"))
    made(db, day(3), "li", Move.CLAIM)
    made(db, day(3), "li", Move.VERIFY)
    made(db, day(5), "li", Move.SUBMIT, text="done")
    made(db, day(6), "he", Move.CALLBACK, result="satisfied")
    assert told(db, day(4), within(1))["verdicts"] == {"pending": 1}


def test_a_case_counts_for_the_unit_that_it_was_about_on_the_day(db: Db) -> None:
    cases = Cases(db, KEY, RULES)
    hearing.hear(cases, office(), bad_rating(rating_key="a"))
    event = RatingLinked(
        rating_key="a",
        errand_key="biz:1:completed:1",
        linked=True,
        rule="rated_as",
        unit_before="social",
        unit="north",
        level=Level.DISSATISFIED,
        at=day(4),
    )
    hearing.hear(cases, office(day(4)), event)
    north = frozenset({"north"})
    assert [told(db, day(on))["cases"] for on in (3, 5)] == [1, 0]
    assert [told(db, day(on), units=north)["cases"] for on in (3, 5)] == [0, 1]


@pytest.mark.usefixtures("story")
def test_the_present_is_told_alike_by_both_ways(db: Db) -> None:
    cases, now = Cases(db, KEY, RULES), MONDAY + timedelta(days=60)
    assert figures(cases.of_months(MARCH, SOCIAL), now) == told(db, now)
