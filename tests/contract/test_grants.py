"""Who may look at a rater or find one by number, and what is recorded; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.adapters.mongo import Db
from services.adapters.privacy import load_privacy
from services.adapters.settings import ROOT
from services.contracts.phones import normalised, phone_hash
from services.contracts.rectification import rating_case_id
from services.errors import Conflict, Gone, NotAllowed, NotFound
from services.rectify import hearing
from services.rectify.desk import make_move
from services.rectify.facts import Command
from services.rectify.grants import Grants, Looks, by_person, counted
from services.rectify.lookingup import cases_of, lookup
from services.rectify.raters import Rated
from services.rectify.raterviews import RevealForm
from services.rectify.repository import Cases
from services.rectify.revealing import looked, record
from tests.unit.rectify.county import DIRECTORY, KEY, MONDAY, RULES, actor, bad_rating, office

PRIVACY = load_privacy(ROOT / "config")
PHONE = "13800001234"
WALL = datetime(2026, 1, 1, tzinfo=UTC)
WHY = RevealForm(command_id="1", reason="to apologise")


@pytest.fixture
def cases(db: Db) -> Cases:
    """The repository."""
    return Cases(db, KEY, RULES)


def rated(db: Db, cases: Cases, number: int = 1, phone: str = PHONE, **facts: str) -> str:
    """The id of the case about a rating that left a number."""
    key = f"biz:{number:04}:completed:1:1"
    keyed = phone_hash(KEY, phone)
    db["ratings"].insert_one({"_id": key, "rating_id": key, "turn": 1, "phone_hash": keyed})
    hearing.hear(cases, office(), bad_rating(rating_key=key, **facts))
    return rating_case_id(KEY, key)


def found(db: Db, cases: Cases, who: str, phone: str) -> list[str]:
    """The cases that somebody finds by a number."""
    rows = cases_of(cases, Rated(db), office(), actor(who), phone_hash(KEY, phone))
    return [row["_id"] for row in rows]


def moved(cases: Cases, id: str, by: str, move: str, **said: str | None) -> None:
    """Somebody makes a move."""
    asked = {"command_id": move, "move": move, "expected_version": cases.shown(id)["version"]}
    make_move(cases, office(), actor(by), id, Command.model_validate(asked | said))


def claimed(cases: Cases, id: str) -> None:
    """An officer takes the case."""
    moved(cases, id, "li", "claim")


@pytest.mark.parametrize("said", [PHONE, "138 0000 1234", "+86 138-0000-1234", "008613800001234"])
def test_whoever_has_the_citizen_on_the_phone_finds_the_case_by_the_number(
    db: Db, cases: Cases, said: str
) -> None:
    id = rated(db, cases)
    rated(db, cases, 2, phone="13900001234")
    assert found(db, cases, "he", said) == [id]
    assert found(db, cases, "he", "13800001235") == []


def test_a_landline_is_not_taken_for_another_with_a_prefix() -> None:
    assert normalised("0760-86123456") == "076086123456"
    assert phone_hash(KEY, PHONE) != phone_hash(b"o" * 32, PHONE)


def test_a_number_that_was_left_with_the_append_leads_to_the_first_rating(
    db: Db, cases: Cases
) -> None:
    id = rated(db, cases, phone="13900000000")
    keyed, key = phone_hash(KEY, PHONE), "biz:0001:completed:1:2"
    db["ratings"].insert_one({"_id": key, "rating_id": "a", "turn": 2, "phone_hash": keyed})
    assert found(db, cases, "he", PHONE) == [id]


def test_the_rated_their_window_and_other_units_find_nothing(db: Db, cases: Cases) -> None:
    id = rated(db, cases, window="w1", staff="li")
    assert found(db, cases, "wu", PHONE) == [id]
    for who in ("wang", "li", "qian"):
        assert found(db, cases, who, PHONE) == []


def test_the_rated_and_their_window_colleagues_cannot_look(db: Db, cases: Cases) -> None:
    at_window = rated(db, cases, window="w1", staff="he")
    claimed(cases, at_window)
    for who, error in (("wang", NotAllowed), ("wu", NotAllowed), ("qian", NotFound)):
        with pytest.raises(error):
            record(cases, office(), actor(who), at_window, WHY)
    record(cases, office(), actor("li"), at_window, WHY)
    for move, text in (("verify", None), ("submit", "apologised")):
        moved(cases, at_window, "li", move, text=text)
    with pytest.raises(NotAllowed, match="about you or your window"):
        record(cases, office(), actor("he"), at_window, WHY)
    assert [each["by"] for each in cases.history(at_window) if each["move"] == "reveal"] == ["li"]


def test_a_look_lasts_for_its_time_and_not_longer(db: Db, cases: Cases) -> None:
    id, grants, li = rated(db, cases), Grants(db), actor("li")
    claimed(cases, id)
    kept = record(cases, office(), li, id, WHY)
    until = looked(grants, kept, office(), li, WHY, WALL, PRIVACY)
    assert until == WALL + timedelta(seconds=PRIVACY.reveal_seconds)
    within, after = WALL + timedelta(seconds=30), until
    assert looked(grants, kept, office(), li, WHY, within, PRIVACY) == until
    with pytest.raises(Gone):
        looked(grants, kept, office(), li, WHY, after, PRIVACY)
    again = WHY.model_copy(update={"command_id": "2"})
    assert looked(grants, kept, office(), li, again, after, PRIVACY) > after


def test_whoever_gave_the_case_away_may_not_look_on_with_an_old_request(
    db: Db, cases: Cases
) -> None:
    id = rated(db, cases)
    claimed(cases, id)
    record(cases, office(), actor("li"), id, WHY)
    moved(cases, id, "li", "return", reason="not ours")
    with pytest.raises(Conflict):
        record(cases, office(), actor("li"), id, WHY)


def test_a_supervisor_counts_who_looked_at_how_many(db: Db, cases: Cases) -> None:
    first, second, grants = rated(db, cases), rated(db, cases, 2), Grants(db)
    for id in (first, second):
        claimed(cases, id)
        kept = record(cases, office(), actor("li"), id, WHY)
        looked(grants, kept, office(), actor("li"), WHY, WALL, PRIVACY)
    days = (date(2020, 3, 1), date(2020, 3, 31))
    seen = grants.of(*days, DIRECTORY.subtree("bureau"))
    assert by_person(seen) == [Looks(by="li", reveals=2, lookups=0)]
    assert counted(seen) == {"reveals": 2, "cases_revealed": 2, "lookups": 0}
    assert {(each.by, each.reason, each.at) for each in seen} == {("li", WHY.reason, MONDAY)}
    assert grants.of(*days, {"north"}) == []
    assert grants.of(date(2020, 4, 1), date(2020, 4, 30), {"social"}) == []


def test_another_number_under_the_same_command_is_another_look_up(db: Db) -> None:
    grants, tomorrow = Grants(db), office(MONDAY + timedelta(days=1))
    for there, number in (
        (office(), "one"),
        (office(), "one"),
        (office(), "two"),
        (tomorrow, "one"),
    ):
        grants.look(lookup(actor("he"), there, "1", number, []))
    seen = grants.of(date(2020, 3, 1), date(2020, 3, 31), DIRECTORY.subtree("bureau"))
    assert by_person(seen) == [Looks(by="he", reveals=0, lookups=3)]
