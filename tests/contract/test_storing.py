"""Storing a batch, on the fake and on the real database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.adapters.mongo import Db
from services.adapters.outcome import Done, Later, Outcome
from services.contracts.commands import InvalidateRating, ReinstateRating
from services.contracts.directory import Directory, Window
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Invalidity
from services.store.batch import Storing
from services.store.decisions import decide
from services.store.intake import Intake, errand_document
from services.store.joining import Joining
from services.store.reported import Errands
from services.store.repository import Ratings
from tests.county import DIRECTORY, NOON, RULES, errand, linked, press
from tests.fake import fake_database

INTAKE = Intake(DIRECTORY, RULES, NOON, {})


def store(db: Db, *presses: RatingSubmitted, intake: Intake = INTAKE) -> list[Outcome]:
    """Store a batch the way the service does."""
    return Storing.on(db, intake, lambda each: each.model_dump_json().encode()).store(presses)


def reasons(db: Db) -> dict[str, Any]:
    """Key → reason and state of every row of the work list."""
    return {row["_id"]: (row["reason"], row["state"]) for row in db["quarantine"].find()}


def test_every_press_is_stored_once(db: Db) -> None:
    presses = [press() for _ in range(3)]
    assert store(db, *presses) == [Done()] * 3
    assert {each["_id"] for each in db["ratings"].find()} == {each.key for each in presses}


def test_a_redelivered_batch_changes_nothing(db: Db) -> None:
    presses = [press(), press(level=1), press(window="nowhere")]
    store(db, *presses)
    before = list(db["ratings"].find()), list(db["quarantine"].find({}, {"last_seen": 0}))
    store(db, *presses)
    assert before == (list(db["ratings"].find()), list(db["quarantine"].find({}, {"last_seen": 0})))


def test_a_resend_is_absorbed_and_counted_however_often_it_is_redelivered(db: Db) -> None:
    first = press()
    resend = first.model_copy(update={"receipt": "second time"})
    store(db, first)
    for _ in range(3):
        store(db, resend)
    [rating] = db["ratings"].find()
    assert (rating["receipt"], rating["repeats"]) == (first.receipt, ["second time"])


def test_a_press_twice_in_one_batch_is_stored_once(db: Db) -> None:
    first = press()
    store(db, first, press(), first.model_copy(update={"receipt": "again"}))
    assert db["ratings"].count_documents({}) == 2


def test_the_same_id_with_other_content_is_kept_for_a_person(db: Db) -> None:
    first = press(rating_id="r-1", level=5)
    forged = first.model_copy(update={"fingerprint": "other", "receipt": "x"})
    store(db, first, forged)
    assert db["ratings"].count_documents({}) == 1
    assert reasons(db) == {"r-1:other": ("id_conflict", "open")}


def test_a_service_that_was_rated_before_is_a_final_outcome(db: Db) -> None:
    store(db, linked("A1", rating_id="r-1"), linked("A1", rating_id="r-2"))
    assert db["ratings"].count_documents({}) == 1
    assert reasons(db) == {"r-2": ("already_rated", "final")}


def test_each_stage_of_an_errand_may_be_rated(db: Db) -> None:
    store(db, linked("A1", stage="accepted"), linked("A1", stage="completed"))
    assert db["ratings"].count_documents({}) == 2


def test_an_append_waits_for_its_first_rating(db: Db) -> None:
    append = linked("A1", turn=2, level=1)
    [outcome] = store(db, append)
    assert isinstance(outcome, Later)
    assert store(db, linked("A1", level=2)) == store(db, append) == [Done()]
    assert db["ratings"].count_documents({}) == 2


def test_an_append_may_come_in_the_same_batch_as_its_first_rating(db: Db) -> None:
    assert store(db, linked("A1", turn=2), linked("A1")) == [Done(), Done()]


def test_an_append_to_a_refused_first_rating_is_still_put_off(db: Db) -> None:
    """A first rating in quarantine is not in the store; its append must wait for it."""
    outcomes = store(db, linked("A1", window="nowhere"), linked("A1", turn=2))
    assert outcomes[0] == Done()
    assert isinstance(outcomes[1], Later)


def test_a_window_that_is_registered_later_closes_the_row(db: Db) -> None:
    lost = press(window="w9", rating_id="r-9")
    store(db, lost)
    assert reasons(db) == {"r-9": ("unknown_window", "open")}
    window = Window(id="w9", name="9号窗口", hall="大厅", unit="land")
    grown = Directory(units=DIRECTORY.units, windows=(window,))
    store(db, lost, intake=replace(INTAKE, directory=grown))
    assert reasons(db) == {"r-9": ("unknown_window", "closed")}
    assert [each["unit"] for each in db["ratings"].find()] == ["land"]


def test_a_window_that_did_not_count_yet_is_replayed_once_its_period_is_mended(db: Db) -> None:
    window = Window(id="w9", name="9号窗口", hall="大厅", unit="land", active_from=NOON)
    early = press(window="w9", rating_id="r-9", pressed_at=NOON - timedelta(days=1))
    for begins, state in ((NOON, "open"), (NOON - timedelta(days=2), "closed")):
        mended = window.model_copy(update={"active_from": begins})
        directory = Directory(units=DIRECTORY.units, windows=(mended,))
        store(db, early, intake=replace(INTAKE, directory=directory))
        assert reasons(db) == {"r-9": ("inactive_window", state)}
    assert [each["unit"] for each in db["ratings"].find()] == ["land"]


def test_a_rating_that_an_older_version_stored_can_still_be_invalidated_and_joined(db: Db) -> None:
    rating = linked("A1", window="w1", level=1)
    store(db, rating)
    db["ratings"].update_one({}, {"$unset": {"errand": 1, "why_marked": 1}})
    assert decide(mistaken(rating), Ratings(db), NOON) == Done()
    known = Errands(db).insert([errand_document(errand("A1"), RULES, NOON)])
    assert Joining(Ratings(db), RULES, NOON).settle(known) == {}
    assert [each["unit"] for each in db["ratings"].find()] == ["land"]


def test_a_bad_rating_carries_the_event_that_must_follow(db: Db) -> None:
    store(db, press(level=1), press(level=3))
    [rating] = db["ratings"].find({"outbox.id": {"$exists": True}})
    assert rating["outbox"][0]["type"] == "BadRatingStored"


def test_the_buckets_are_named_before_and_after_the_write(db: Db) -> None:
    store(db, press(), press())
    assert [each["buckets"] for each in db["touched"].find()] == [[["2020-03-05", "tax"]]] * 2


def test_an_errand_that_is_reported_again_stays_as_it_was(db: Db) -> None:
    errands = Errands(db)
    for unit in ("land", "tax"):
        [standing] = errands.insert([errand_document(errand("A1", unit=unit), RULES, NOON)])
        assert (standing.key, standing.unit) == ("hall:A1:completed:1", "land")
    assert errands.known([standing.key, "nothing"]) == {standing.key: standing}


def mistaken(rating: RatingSubmitted) -> InvalidateRating:
    """The decision that a rating was a mistake."""
    return InvalidateRating(
        command_id="case-1:7",
        rating_key=rating.key,
        reason=Invalidity.WRONG,
        case_id="case-1",
        decided_by=("officer", "auditor"),
    )


def reinstated(rating: RatingSubmitted) -> ReinstateRating:
    """The decision that it was none."""
    return ReinstateRating(
        command_id="case-1:9", rating_key=rating.key, case_id="case-1", decided_by=("supervisor",)
    )


def test_an_invalid_rating_stays_marked_and_says_so_once(db: Db) -> None:
    rating = press(level=1)
    store(db, rating)
    for _ in range(2):
        assert decide(mistaken(rating), Ratings(db), NOON) == Done()
    [kept] = db["ratings"].find()
    assert (kept["standing"], len(kept["decisions"])) == ("invalid", 1)
    assert [e["type"] for e in kept["outbox"]] == ["BadRatingStored", "RatingInvalidated"]


def test_a_rating_whose_invalidation_was_overturned_counts_again_for_good(db: Db) -> None:
    """The first command, delivered once more after the second, must not undo it."""
    rating = press(level=1)
    store(db, rating)
    for command in (mistaken(rating), reinstated(rating), mistaken(rating)):
        assert decide(command, Ratings(db), NOON) == Done()
    [kept] = db["ratings"].find()
    assert kept["standing"] == "valid"
    assert [each["command_id"] for each in kept["decisions"]] == ["case-1:7", "case-1:9"]
    assert db["touched"].count_documents({}) == 2 + 2 + 2


def test_a_rating_that_is_not_there_cannot_be_invalidated(db: Db) -> None:
    outcome = decide(mistaken(press()), Ratings(db), NOON)
    assert "no_such_rating" in str(outcome)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    sends=st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=6), max_size=6
    )
)
def test_any_interleaving_of_sends_and_resends_stores_each_press_once(
    sends: list[list[tuple[int, bool]]],
) -> None:
    """Six presses sent in any batches, any number of times, anew or redelivered."""
    db = fake_database()
    presses = [linked(str(i)) if i % 2 else press(rating_id=f"r-{i}") for i in range(6)]
    sent: Counter[int] = Counter()
    for batch in sends:
        copies = []
        for number, redelivered in batch:
            receipt = f"{number}/{sent[number] if redelivered else sent[number] + 1}"
            sent[number] += 0 if redelivered else 1
            moment = NOON + timedelta(seconds=sent[number])
            copies.append(
                presses[number].model_copy(update={"receipt": receipt, "received_at": moment})
            )
        assert store(db, *copies) == [Done()] * len(copies)
    wanted = {presses[number].key for batch in sends for number, _ in batch}
    assert {each["_id"] for each in db["ratings"].find()} == wanted
    assert db["quarantine"].count_documents({}) == 0


@pytest.mark.slow
@pytest.mark.parametrize("often", [150])
def test_the_receipts_of_one_press_do_not_grow_without_end(db: Db, often: int) -> None:
    first = press()
    store(db, first)
    for number in range(often):
        store(db, first.model_copy(update={"receipt": f"resend {number}"}))
    [rating] = db["ratings"].find()
    assert len(rating["repeats"]) == 100
