"""What a dashboard shows, and the ratings behind its numbers, on the fake and the real database."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.adapters.mongo import Db
from services.contracts.vocabulary import Channel
from services.score.dailies import Dailies
from services.score.forms import Behind
from services.score.hours import Hours
from services.score.overview import Hour, Overview
from services.score.records import AT_A_TIME, NotACursor, Records
from services.score.repository import Tallies
from tests.unit.score.town import RULES, case_document, rating, store

FIRST, LAST = date(2020, 12, 1), date(2020, 12, 7)
TUESDAY_NOON = datetime(2020, 12, 1, 4, 30, tzinfo=UTC)


def press(day: int = 1, **changes: Any) -> dict[str, Any]:
    """A rating of December, pressed half past noon."""
    at = TUESDAY_NOON.replace(day=day)
    id = changes.setdefault("_id", uuid.uuid4().hex)
    return rating(f"2020-12-{day:02}", pressed_at=at, rating_id=f"id {id}", **changes)


def overview(db: Db, units: frozenset[str] | None = None) -> dict[str, Any]:
    """What is shown of the week."""
    Tallies(db).recompute()
    Hours(db).refresh(LAST)
    dailies, hours = Dailies(db).between(FIRST, LAST, units), Hours(db).between(FIRST, LAST, units)
    return Overview(FIRST, LAST, dailies, list(hours), RULES).view()


def behind(db: Db, units: frozenset[str] | None = None, **asked: Any) -> dict[str, Any]:
    """The records behind a number of the week."""
    wanted = Behind(first=FIRST, last=LAST, **asked)
    return Records(db, wanted, RULES, units).page()


def test_every_number_of_a_dashboard_has_exactly_its_ratings_behind_it(db: Db) -> None:
    bad = [press(2, level=1, tags=["110"]), press(3, level=2, channel="sms", tags=[])]
    others = [press(1), press(1, channel="mobile"), press(4, turn=2), press(4, standing="invalid")]
    store(db, *bad, *others)
    told = overview(db)
    assert (told["count"], told["bad"]) == (4, 2)
    assert len(behind(db)["items"]) == told["count"]
    assert len(behind(db, bad=True)["items"]) == told["bad"]
    for level, count in told["levels"].items():
        assert len(behind(db, level=int(level))["items"]) == count
    for each in told["channels"]:
        assert len(behind(db, channel=each["channel"])["items"]) == each["count"]
    for each in told["tags"]:
        assert len(behind(db, tag=each["tag"])["items"]) == each["count"]


def test_a_day_without_ratings_is_shown_as_such(db: Db) -> None:
    store(db, press(2, level=1), press(2))
    days = {each["day"]: (each["count"], each["bad"]) for each in overview(db)["days"]}
    assert len(days) == 7
    assert days["2020-12-01"] == (0, 0)
    assert days["2020-12-02"] == (2, 1)


def test_hours_are_local_and_by_weekday(db: Db) -> None:
    store(db, press(1), press(1, level=1), press(2))
    hours = overview(db)["hours"]
    assert hours[1][12] == {"count": 2, "bad": 1}
    assert hours[2][12] == {"count": 1, "bad": 0}
    assert sum(slot["count"] for row in hours for slot in row) == 3


def test_hours_are_counted_again_only_for_days_that_changed(db: Db) -> None:
    store(db, press(1), press(2))
    Tallies(db).recompute()
    hours = Hours(db)
    assert hours.refresh(LAST) == 2
    assert hours.refresh(LAST) == 0
    store(db, press(2, level=1))
    Tallies(db).recompute()
    assert hours.refresh(LAST) == 1
    assert set(hours.between(date(2020, 12, 2), LAST)) == {
        Hour("2020-12-02", 4, 1, 1),
        Hour("2020-12-02", 4, 5, 1),
    }


def test_whoever_sees_one_unit_is_shown_that_unit(db: Db) -> None:
    store(db, press(1), press(1, unit="land"), press(2, unit="land", level=1))
    land = frozenset({"land"})
    assert overview(db, land)["count"] == 2
    assert {each["unit"] for each in behind(db, land)["items"]} == {"land"}


def test_records_are_read_page_by_page_without_a_gap(db: Db) -> None:
    store(db, *(press(1 + n % 3, level=1) for n in range(AT_A_TIME + 30)))
    one = behind(db, bad=True)
    two = behind(db, bad=True, cursor=one["next"])
    assert (len(one["items"]), len(two["items"]), two["next"]) == (AT_A_TIME, 30, None)
    seen = [each["rating_id"] for each in one["items"] + two["items"]]
    assert len(set(seen)) == AT_A_TIME + 30
    days = [each["day"] for each in one["items"] + two["items"]]
    assert days == sorted(days, reverse=True)


def test_a_made_up_cursor_is_refused(db: Db) -> None:
    store(db, press(9, _id="of the next week"))
    for cursor in ("nothing", "id of the next week"):
        with pytest.raises(NotACursor):
            behind(db, cursor=cursor)


def test_of_an_anonymous_rating_the_day_is_shown_and_no_time(db: Db) -> None:
    anonymous, named = press(1, _id="anonymous"), press(1, _id="named", named=True)
    store(db, anonymous | {"pressed_at": TUESDAY_NOON + timedelta(hours=1)}, named)
    shown = [(each["rating_id"], each["pressed_at"]) for each in behind(db)["items"]]
    assert shown == [("id named", "2020-12-01T12:30:00+08:00"), ("id anonymous", None)]


def test_where_a_page_ends_tells_no_time(db: Db) -> None:
    store(db, *(press(1, _id=f"{n:03}") for n in range(AT_A_TIME + 1)))
    assert behind(db)["next"] == "id 001"


def test_a_reason_has_the_ratings_of_every_channel_behind_it(db: Db) -> None:
    sms = RULES.channels.by_code[Channel.SMS].model_copy(update={"in_levels": False})
    channels = {**RULES.channels.by_code, Channel.SMS: sms}
    changed = RULES.channels.model_copy(update={"by_code": channels})
    rules = RULES.model_copy(update={"channels": changed})
    store(db, press(1, level=1, tags=["110"]), press(1, level=1, tags=["110"], channel="sms"))
    page = Records(db, Behind(first=FIRST, last=LAST, tag="110"), rules, None).page()
    assert len(page["items"]) == 2


def test_the_ratings_of_a_whole_year_can_be_asked_for() -> None:
    assert Behind(first=date(2020, 1, 1), last=date(2020, 12, 31)).most_days == 366
    with pytest.raises(ValidationError, match="at most 366 days"):
        Behind(first=date(2020, 1, 1), last=date(2021, 1, 1))


def test_a_bad_rating_names_its_case_and_nothing_of_the_rater(db: Db) -> None:
    store(db, press(1, _id="r1", level=1, sealed=b"who", comment="what they said"))
    db["cases"].insert_one(case_document())
    (record,) = behind(db)["items"]
    assert record["case"] == "case-1"
    assert not {"sealed", "comment"} & record.keys()
