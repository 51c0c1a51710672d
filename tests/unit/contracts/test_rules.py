"""Rules are data: what each place says about rating, and where it has that from."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.contracts.rules import Burst, Marks, Rules
from services.contracts.terms import DayCount
from services.contracts.vocabulary import Level, Mark

FOLDER = ROOT / "config" / "rules"
PLACES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "tags")


def rules(place: str) -> Rules:
    """The rules of a place."""
    return load_rules(FOLDER, place)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_says_what_silence_counts_as_and_what_is_suspect(place: str) -> None:
    found = rules(place)
    assert found.rating.source
    assert found.rating.default_level == Level.BASICALLY_SATISFIED
    assert not found.rating.default_counts
    assert found.marks is not None
    assert found.marks.source


@pytest.mark.parametrize(
    ("place", "count", "unit"),
    [
        ("weiyuan", 5, DayCount.WORKING),
        ("guangdong", 7, DayCount.NATURAL),
        ("wuhan", 7, DayCount.NATURAL),
    ],
)
def test_the_time_to_rate_is_that_of_the_place(place: str, count: int, unit: DayCount) -> None:
    term = rules(place).rating.time_to_rate
    assert (term.count, term.unit) == (count, unit)


def test_one_press_is_no_burst() -> None:
    with pytest.raises(ValidationError):
        Burst(presses=1, within_s=60)


def test_rules_without_marks_were_kept_by_older_versions_and_still_load() -> None:
    kept = rules("weiyuan").model_dump(mode="json", exclude={"marks"})
    assert Rules.model_validate(kept).marks is None


def test_only_what_speaks_against_a_press_is_a_suspicion() -> None:
    assert {mark for mark in Mark if mark.is_suspicion} == {
        Mark.REPEATED,
        Mark.BURST,
        Mark.OUTSIDE_HOURS,
        Mark.STALE,
    }


def test_the_figures_of_marks_say_that_they_are_ours() -> None:
    marks = rules("weiyuan").marks
    assert isinstance(marks, Marks)
    assert "ours" in marks.source
