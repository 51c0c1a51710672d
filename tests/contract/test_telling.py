"""When notices are tried, and when they wait, on the fake and on the real database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.adapters.mail import Post
from services.adapters.mongo import Db
from services.adapters.webhooks import Sender
from services.contracts.events import CaseMoved
from services.contracts.rectification import rating_case_id
from services.rectify import hearing
from services.rectify.noticeboard import Noticeboard, Subscriptions
from services.rectify.notices import Kind, Subscription
from services.rectify.repository import Cases
from services.rectify.telling import Teller
from tests.unit.rectify.county import KEY, MONDAY, RULES, bad_rating, office

CASE = rating_case_id(KEY, "a")
EVENING = MONDAY.replace(hour=20)
MORNING = EVENING + timedelta(hours=13)


def teller(db: Db, now: datetime) -> Teller:
    """Whoever tells at that time; with nobody to send to."""
    cases = Cases(db, KEY, RULES)
    sender, post = Sender(()), Post(None, "haoping@localhost")
    where = Noticeboard(db), Subscriptions(db)
    return Teller(*where, cases, office(now), now, sender, post, lambda _: {})


@pytest.fixture
def reminder(db: Db) -> CaseMoved:
    """A case has fallen due, and a system wants to know."""
    hearing.hear(Cases(db, KEY, RULES), office(), bad_rating(rating_key="a"))
    subscription = Subscription(
        id="wh-1",
        url="http://localhost/hook",
        unit="bureau",
        kinds=frozenset({Kind.OVERDUE}),
        created_by="admin",
        created_at=MONDAY,
    )
    Subscriptions(db).add(subscription, b"")
    states = {"before": "opened", "after": "opened"}
    return CaseMoved(case_id=CASE, move="escalate:red", by="rectify", at=MONDAY, **states)


def test_a_reminder_whose_try_failed_waits_for_the_morning_and_not_only_for_its_turn(
    db: Db, reminder: CaseMoved
) -> None:
    teller(db, MONDAY).hear(reminder)
    (tried,) = teller(db, MONDAY).due(10)
    Noticeboard(db).settle(tried, try_at=EVENING, detail="HTTP 500")
    assert teller(db, EVENING).due(10) == []
    assert teller(db, MORNING - timedelta(minutes=1)).due(10) == []
    (again,) = teller(db, MORNING).due(10)
    assert (again["_id"], again["attempts"]) == (tried["_id"], 1)


def test_a_reminder_that_a_stopped_service_left_over_is_not_sent_at_night(
    db: Db, reminder: CaseMoved
) -> None:
    teller(db, MONDAY).hear(reminder)
    assert teller(db, EVENING).due(10) == []
    assert len(teller(db, MORNING).due(10)) == 1
