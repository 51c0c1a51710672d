"""Errands and ratings find each other, whichever came first, on the fake and the real database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.adapters.mongo import Db, Document
from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts.commands import InvalidateRating
from services.contracts.events import ErrandReported, RatingSubmitted
from services.contracts.message import Message
from services.contracts.vocabulary import Invalidity, Mark
from services.store.batch import Storing
from services.store.belonging import Errand
from services.store.decisions import decide
from services.store.intake import Intake
from services.store.joining import Joining
from services.store.reported import Errands
from services.store.reporting import Reporting
from services.store.repository import Fate, Ratings
from tests.county import DIRECTORY, NOON, RULES, errand, linked, press
from tests.fake import fake_database

A1 = "hall:A1:completed:1"
LATER = NOON + timedelta(hours=1)


def store(db: Db, *presses: RatingSubmitted) -> list[Outcome]:
    """Store presses the way the service does."""
    keys = {each.errand_key for each in presses if each.linked}
    intake = Intake(DIRECTORY, RULES, NOON, Errands(db).known(keys))
    return Storing.on(db, intake, lambda each: each.model_dump_json().encode()).store(presses)


def report(db: Db, *errands: ErrandReported) -> list[Outcome]:
    """Store errands the way the service does."""
    joining = Joining(Ratings(db), RULES, LATER)
    return Reporting(Errands(db), joining, DIRECTORY).store(errands)


def rating(db: Db, key: str = f"{A1}:1") -> Document:
    """A rating as it stands."""
    found = db["ratings"].find_one({"_id": key})
    assert found is not None
    return found


def touched(db: Db) -> set[tuple[str, ...]]:
    """Every bucket that was named; they are forgotten."""
    found = {tuple(bucket) for each in db["touched"].find() for bucket in each["buckets"]}
    db["touched"].delete_many({})
    return found


def test_a_rating_that_came_first_moves_to_the_unit_of_its_errand_by_a_recorded_step(
    db: Db,
) -> None:
    store(db, linked("A1", window="w1"))
    before = rating(db)
    assert (before["unit"], before["errand"], before["marks"]) == (
        "tax",
        None,
        [Mark.UNKNOWN_ERRAND],
    )
    touched(db)
    assert report(db, errand("A1", staff="li")) == [Done()]
    after = rating(db)
    assert (after["unit"], after["item"], after["staff"]) == ("land", "permit", "li")
    assert (after["version"], after["marks"]) == (2, [])
    assert after["links"] == [
        {
            "version": 2,
            "at": LATER,
            "by": "hall",
            "rule": "errand_number",
            "errand": A1,
            "day": "2020-03-05",
            "before": {"unit": "tax", "item": None, "staff": None},
            "after": {"unit": "land", "item": "permit", "staff": "li"},
        }
    ]
    assert touched(db) == {("2020-03-05", "tax"), ("2020-03-05", "land")}


def test_what_was_moved_is_announced_with_both_units(db: Db) -> None:
    store(db, linked("A1", window="w1", level=1))
    report(db, errand("A1"))
    stored, moved = rating(db)["outbox"]
    assert stored["type"] == "BadRatingStored"
    assert (moved["type"], moved["id"]) == ("RatingLinked", f"{A1}:1:2:0")
    assert (moved["item"]["unit_before"], moved["item"]["unit"]) == ("tax", "land")


def test_an_errand_that_is_delivered_again_links_nothing_twice_but_touches_again(db: Db) -> None:
    """The store may have died between the step and the word that the bucket changed."""
    store(db, linked("A1", window="w1"))
    report(db, errand("A1"))
    once = rating(db)
    touched(db)
    assert report(db, errand("A1")) == [Done()]
    assert rating(db) == once
    assert touched(db) == {("2020-03-05", "tax"), ("2020-03-05", "land")}


def test_an_errand_touches_the_bucket_in_which_it_is_counted(db: Db) -> None:
    report(db, errand("A1", reached_at=NOON - timedelta(days=2)))
    assert touched(db) == {("2020-03-03", "land")}
    store(db, linked("A1"))
    assert touched(db) == {("2020-03-03", "land"), ("2020-03-05", "land")}


def test_an_errand_of_another_stage_occurrence_or_system_is_another_errand(db: Db) -> None:
    store(db, linked("A1", window="w1"))
    others = ({"stage": "accepted"}, {"occurrence": 2}, {"source_system": "other"})
    assert report(db, *(errand("A1", **each) for each in others)) == [Done()] * 3
    assert rating(db)["errand"] is None


def test_an_append_moves_with_its_first_rating(db: Db) -> None:
    store(db, linked("A1", window="w1"), linked("A1", window="w1", turn=2))
    report(db, errand("A1"))
    assert [rating(db, f"{A1}:{turn}")["unit"] for turn in (1, 2)] == ["land", "land"]


def test_a_rating_that_was_found_to_be_late_is_kept_where_it_is_with_a_mark(db: Db) -> None:
    late = linked("A1", pressed_at=NOON + timedelta(days=30))
    store(db, late)
    report(db, errand("A1"))
    found = rating(db)
    assert (found["marks"], found["standing"]) == ([Mark.LATE], "valid")
    assert "2020-03-12" in found["why_marked"][Mark.LATE]


def test_an_invalid_rating_moves_too_and_stays_invalid(db: Db) -> None:
    bad = linked("A1", window="w1", level=1)
    store(db, bad)
    wrong = InvalidateRating(
        command_id="c:1",
        rating_key=bad.key,
        reason=Invalidity.WRONG,
        case_id="c",
        decided_by=("officer", "auditor"),
    )
    decide(wrong, Ratings(db), NOON)
    report(db, errand("A1"))
    found = rating(db)
    assert (found["standing"], found["unit"], found["version"]) == ("invalid", "land", 3)


def test_a_five_face_device_names_no_errand_and_is_linked_by_who_reports_it(db: Db) -> None:
    face = press(rating_id="r-1", window="w1")
    assert store(db, face) == [Done()]
    assert rating(db, "r-1")["unit"] == "tax"
    assert report(db, errand("A1", rated_as="r-1")) == [Done()]
    found = rating(db, "r-1")
    assert (found["unit"], found["errand"]["key"], found["links"][0]["rule"]) == (
        "land",
        A1,
        "rated_as",
    )


def test_a_bad_rating_that_got_its_errand_is_said_again_as_a_linked_one(db: Db) -> None:
    """Where only what links to a matter becomes a case, this is when the case opens."""
    store(db, press(rating_id="r-1", window="w1", level=1))
    report(db, errand("A1", rated_as="r-1"))
    kinds = [(each["type"], each["item"].get("linked")) for each in rating(db, "r-1")["outbox"]]
    assert kinds == [("BadRatingStored", False), ("RatingLinked", True), ("BadRatingStored", True)]


def test_an_errand_waits_for_the_rating_that_was_given_about_it(db: Db) -> None:
    pointing = errand("A1", rated_as="r-1")
    [outcome] = report(db, pointing)
    assert isinstance(outcome, Later)
    store(db, press(rating_id="r-1", window="w1"))
    assert report(db, pointing) == [Done()]
    assert rating(db, "r-1")["unit"] == "land"


def test_an_errand_that_was_rated_after_it_was_reported_is_joined_by_a_second_report(
    db: Db,
) -> None:
    """One rates what is completed: the press has no id yet when the errand is reported."""
    report(db, errand("A1"))
    store(db, press(rating_id="r-1", window="w1"), press(rating_id="r-2", window="w1"))
    assert report(db, errand("A1", unit="tax", rated_as="r-1")) == [Done()]
    assert report(db, errand("A1", rated_as="r-2")) == [Done()]
    assert (rating(db, "r-1")["unit"], rating(db, "r-1")["errand"]["key"]) == ("land", A1)
    assert rating(db, "r-2")["errand"] is None


def test_a_rating_belongs_to_one_errand_and_a_second_claim_is_for_a_person(db: Db) -> None:
    store(db, press(rating_id="r-1", window="w1"))
    [first, second] = report(db, errand("A1", rated_as="r-1"), errand("A2", rated_as="r-1"))
    assert first == Done()
    assert isinstance(second, Never)
    assert second.reason.startswith("rating_of_another_errand: ")
    assert rating(db, "r-1")["errand"]["key"] == A1


def test_nothing_is_guessed_from_time_and_place(db: Db) -> None:
    """Same window, same minute: it may have been the one before, or nobody."""
    store(db, press(rating_id="r-1", window="w1"))
    report(db, errand("A1", window="w1", unit="tax"))
    assert rating(db, "r-1")["errand"] is None


def test_a_rating_that_names_the_errand_goes_before_one_that_was_pointed_at(db: Db) -> None:
    store(db, press(rating_id="r-1", window="w1"))
    report(db, errand("A1", rated_as="r-1"))
    touched(db)
    store(db, linked("A1", level=4))
    parted = rating(db, "r-1")
    assert (parted["unit"], parted["errand"], parted["item"]) == ("tax", None, None)
    assert [each["rule"] for each in parted["links"]] == ["rated_as", "another_names_it"]
    assert rating(db)["unit"] == "land"
    assert touched(db) == {("2020-03-05", "tax"), ("2020-03-05", "land")}


def test_an_errand_of_an_unknown_unit_is_not_counted_until_the_registry_is_mended(db: Db) -> None:
    store(db, linked("A1", window="w1"))
    good, wrong = errand("A2"), errand("A1", unit="nobody")
    assert [type(each) for each in report(db, good, wrong)] == [Done, Never]
    assert [each["_id"] for each in db["errands"].find()] == ["hall:A2:completed:1"]
    assert rating(db)["unit"] == "tax"


PRESSES: tuple[RatingSubmitted, ...] = (
    linked("A1", rating_id="n-1", window="w1", level=1),
    linked("A2", rating_id="n-2", window=None, device="kiosk-1"),
    linked("A1", rating_id="n-3", window="w1", turn=2),
    press(rating_id="u-1", window="w1", level=2),
    press(rating_id="u-3", window="w1", pressed_at=NOON + timedelta(days=30)),
)
ERRANDS: tuple[ErrandReported, ...] = (
    errand("A1", rated_as="u-1"),
    errand("A2", staff="li"),
    errand("A3", rated_as="u-3"),
    errand("A3"),
)


def taken(db: Db, message: Message) -> Sequence[Outcome]:
    """Deliver one message to the store."""
    if isinstance(message, ErrandReported):
        return report(db, message)
    assert isinstance(message, RatingSubmitted)
    return store(db, message)


def outcome_of(db: Db) -> dict[str, Any]:
    """Where every rating ended: its unit, errand, item and marks."""
    return {
        each["_id"]: (
            each["unit"],
            (each["errand"] or {}).get("key"),
            each["item"],
            each["staff"],
            sorted(each["marks"]),
        )
        for each in db["ratings"].find()
    }


EXPECTED = {
    f"{A1}:1": ("land", A1, "permit", None, []),
    f"{A1}:2": ("land", A1, "permit", None, []),
    "hall:A2:completed:1:1": ("land", "hall:A2:completed:1", "permit", "li", []),
    "u-1": ("tax", None, None, None, []),
    "u-3": ("land", "hall:A3:completed:1", "permit", None, [Mark.LATE]),
}


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_interleaving_of_errands_and_ratings_ends_in_the_same_links(
    data: st.DataObject,
) -> None:
    """Every message at least once, some again, in any order; what is put off comes once more.

    Each step is recorded: the version is one more than their number, and no step is taken twice.
    """
    db, messages = fake_database(), [*PRESSES, *ERRANDS]
    again = data.draw(st.lists(st.sampled_from(messages), max_size=5))
    waiting = data.draw(st.permutations([*messages, *again]))
    while waiting:
        put_off = [each for each in waiting if any(type(o) is Later for o in taken(db, each))]
        assert len(put_off) < len(waiting) or not put_off
        waiting = put_off
    assert outcome_of(db) == EXPECTED
    for each in db["ratings"].find():
        links = each.get("links", [])
        assert each["version"] == 1 + len(links)
        assert [link["version"] for link in links] == list(range(2, 2 + len(links)))
        assert len(links) <= (2 if each["_id"] == "u-1" else 1)


@pytest.mark.parametrize("moment", ["before the insert", "after it", "before the last look"])
def test_two_stores_that_take_an_errand_and_its_rating_at_once_miss_nothing(moment: str) -> None:
    """One has looked for the errand in vain; then, at any moment, the other takes the errand."""
    db = fake_database()

    def meanwhile() -> None:
        report(db, errand("A1"))

    storing = Storing.on(db, Intake(DIRECTORY, RULES, NOON, {}), lambda each: b"")
    storing = replace(
        storing,
        ratings=Pausing(db, moment, meanwhile),
        errands=PausingErrands(db, moment, meanwhile),
    )
    assert storing.store([linked("A1", window="w1", level=1)]) == [Done()]
    found = rating(db)
    assert (found["unit"], found["version"], len(found["links"])) == ("land", 2, 1)


class Pausing(Ratings):
    """Ratings before or after whose insertion something happens."""

    def __init__(self, db: Db, moment: str, then: Callable[[], None]) -> None:
        super().__init__(db)
        self.moment, self.then = moment, then

    def insert(self, documents: Sequence[Document]) -> list[Fate]:
        """Insert, with an interruption."""
        if self.moment == "before the insert":
            self.then()
        fates = super().insert(documents)
        if self.moment == "after it":
            self.then()
        return fates


class PausingErrands(Errands):
    """Errands that are looked for once more after something has happened."""

    def __init__(self, db: Db, moment: str, then: Callable[[], None]) -> None:
        super().__init__(db)
        self.moment, self.then = moment, then

    def known(self, keys: Iterable[str]) -> dict[str, Errand]:
        """The errands, after the interruption."""
        if self.moment == "before the last look":
            self.then()
        return super().known(keys)


@pytest.mark.parametrize("number", [450])
def test_many_ratings_are_linked_at_once(db: Db, number: int) -> None:
    numbers = [f"A{n}" for n in range(number)]
    store(db, *(linked(each, window="w1") for each in numbers))
    assert report(db, *(errand(each) for each in numbers)) == [Done()] * number
    assert {each["unit"] for each in db["ratings"].find()} == {"land"}
