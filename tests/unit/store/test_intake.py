"""What a press becomes in the store, or why it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.directory import Directory, Unit
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Level
from services.store.belonging import Errand, Refusal
from services.store.intake import Intake, buckets, errand_document, spans, unfit
from tests.county import DIRECTORY, NOON, RULES, errand, linked, press

INTAKE = Intake(DIRECTORY, RULES, NOON, {})


def stored(*args: Any, **fields: Any) -> dict[str, Any]:
    """The document of a press that is fine."""
    return of(INTAKE, press(*args, **fields))


def of(intake: Intake, pressed: RatingSubmitted) -> dict[str, Any]:
    """The document of a press that is fine."""
    document = intake.examine(pressed)
    assert not isinstance(document, Refusal)
    return document


def test_a_rating_is_kept_under_what_it_is_about() -> None:
    assert linked("A1", turn=1).key == "hall:A1:completed:1:1"
    assert linked("A1", turn=2, stage="accepted", occurrence=3).key == "hall:A1:accepted:3:2"
    assert press(rating_id="r-1").key == "r-1"


@given(number=st.text(min_size=1), other=st.text(min_size=1), turn=st.sampled_from([1, 2]))
def test_two_errands_never_share_a_key(number: str, other: str, turn: int) -> None:
    same = linked(number, turn=turn).key == linked(other, turn=turn).key
    assert same == (number == other)


def test_the_unit_is_the_errands_then_the_windows_then_the_devices() -> None:
    known = Errand("hall:A1:completed:1", "land", "2020-03-05", NOON)
    told = replace(INTAKE, errands={known.key: known})
    presses = linked("A1", window="w1"), press(window=None, device="kiosk-1")
    assert [of(told, presses[0])["unit"], of(INTAKE, presses[0])["unit"]] == ["land", "tax"]
    assert of(INTAKE, presses[1])["unit"] == "land"


def test_a_rating_takes_the_item_and_the_person_from_its_errand_where_it_is_silent() -> None:
    known = Errand("hall:A1:completed:1", "land", "2020-03-05", NOON, "permit", "li")
    told = replace(INTAKE, errands={known.key: known})
    silent, telling = of(told, linked("A1")), of(told, linked("A1", item="tax card", staff="wang"))
    assert (silent["item"], silent["staff"]) == ("permit", "li")
    assert (telling["item"], telling["staff"]) == ("tax card", "wang")
    assert silent["errand"] == {"key": known.key, "day": "2020-03-05"}


def test_the_case_of_a_bad_rating_is_not_given_to_whom_the_errand_names() -> None:
    known = Errand("hall:A1:completed:1", "land", "2020-03-05", NOON, "permit", "li")
    [event] = of(replace(INTAKE, errands={known.key: known}), linked("A1", level=1))["outbox"]
    assert (event["item"]["unit"], event["item"]["staff"]) == ("land", "li")


@pytest.mark.parametrize("place", ["unit", "window", "device"])
def test_a_place_that_is_not_in_the_registry_is_a_reason_to_wait(place: str) -> None:
    refusal = INTAKE.examine(press(**{place: "nowhere"}))
    assert refusal == Refusal(f"unknown_{place}", f"{place} nowhere is not in the registry")


def test_a_press_that_belongs_to_nobody_is_not_guessed() -> None:
    refusal = INTAKE.examine(press(window=None))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "no_unit"


def test_the_day_is_the_countys_not_greenwichs() -> None:
    assert stored(pressed_at=NOON.replace(hour=15, minute=59))["day"] == "2020-03-05"
    assert stored(pressed_at=NOON.replace(hour=16, minute=0))["day"] == "2020-03-06"


def test_a_wrong_tag_never_costs_the_press() -> None:
    document = stored(level=1, tags=("110", "510", "nonsense"))
    assert document["tags"] == ["110"]
    assert document["wrong_tags"] == ["510", "nonsense"]


@pytest.mark.parametrize("level", list(Level))
def test_only_a_bad_rating_is_followed_by_an_event(level: Level) -> None:
    outbox = stored(level=level).get("outbox", [])
    assert [each["type"] for each in outbox] == (["BadRatingStored"] if level <= 2 else [])


def test_an_append_is_followed_by_an_event_that_names_its_first_rating() -> None:
    document = INTAKE.examine(linked("A1", turn=2, level=1))
    assert not isinstance(document, Refusal)
    [event] = document["outbox"]
    assert event["type"] == "AppendStored"
    assert event["item"]["first_key"] == "hall:A1:completed:1:1"


def test_what_follows_carries_no_personal_field() -> None:
    document = stored(level=1, named=True, contactable=True, has_text=True, sealed=b"secret")
    [event] = document["outbox"]
    assert {"named", "contactable", "has_text"} <= set(event["item"])
    assert "sealed" not in event["item"]


def test_a_batch_touches_each_bucket_once() -> None:
    documents = [stored(), stored(), stored(pressed_at=NOON - timedelta(days=1))]
    assert buckets(documents) == [("2020-03-04", "tax"), ("2020-03-05", "tax")]


def test_an_errand_is_kept_under_its_stage() -> None:
    document = errand_document(errand("A1"), RULES, NOON)
    assert (document["_id"], document["day"]) == ("hall:A1:completed:1", "2020-03-05")


def test_a_rating_about_an_errand_touches_the_bucket_of_the_errand_too() -> None:
    """The errand of Tuesday counts as rated on Tuesday, though somebody pressed on Thursday."""
    known = Errand("hall:A1:completed:1", "land", "2020-03-03", NOON - timedelta(days=2))
    document = of(replace(INTAKE, errands={known.key: known}), linked("A1"))
    assert buckets([document]) == [("2020-03-03", "land"), ("2020-03-05", "land")]


def test_an_errand_of_a_unit_that_was_not_there_is_a_reason_to_wait() -> None:
    closed = Unit(id="old", name="旧局", active_to=NOON)
    directory = Directory(units=(*DIRECTORY.units, closed))
    assert unfit(errand("A1"), directory) is None
    assert str(unfit(errand("A1", unit="nobody"), directory)).startswith("unknown_unit: ")
    assert str(unfit(errand("A1", unit="old"), directory)).startswith("inactive_unit: ")
    before = errand("A1", unit="old", reached_at=NOON - timedelta(seconds=1))
    assert unfit(before, directory) is None


def test_a_sweep_is_told_from_when_to_when_somebody_pressed_at_a_place() -> None:
    at_home = stored(channel="mobile", pressed_at=NOON - timedelta(hours=3))
    here = [stored(pressed_at=NOON + timedelta(minutes=n)) for n in (5, 0, 9)]
    noted = spans([at_home, *here])
    assert noted == {"2020-03-05": (NOON, NOON + timedelta(minutes=9))}
