"""What is remarkable about a press: a mark with a reason, and never a lost press."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.contracts.events import RatingSubmitted
from services.contracts.rules import Burst, Marks, Rules
from services.contracts.time_to_rate import rating_ends
from services.contracts.vocabulary import Mark
from services.store.belonging import Errand, Reasons
from services.store.marks import Seen, among, of_press, place_of, reach
from tests.county import DIRECTORY, NOON, RULES, linked, press

LIMITS = Marks(repeated_within_s=10, burst=Burst(presses=3, within_s=60), source="test")
ERRAND = Errand("hall:A1:completed:1", "land", "2020-03-05", NOON)


def reasons(
    pressed: RatingSubmitted, errand: Errand | None = None, rules: Rules = RULES
) -> Reasons:
    """The marks of a press, with their reasons."""
    local = pressed.pressed_at.astimezone(rules.region.zone)
    ends = rating_ends(rules.region, rules.rating.time_to_rate)
    return of_press(pressed, errand, local, rules, ends, DIRECTORY)


def marks(pressed: RatingSubmitted, errand: Errand | None = None, rules: Rules = RULES) -> set[str]:
    """The marks of a press."""
    return set(reasons(pressed, errand, rules))


def seen(second: float, key: str = "", about: str | None = None, place: str = "device k") -> Seen:
    """A press so many seconds after noon."""
    return Seen(place, NOON + timedelta(seconds=second), key or f"{second:08.3f}", about)


def standing_out(*presses: Seen) -> dict[str, set[str]]:
    """Mark → the keys of the presses that have it."""
    found: dict[str, set[str]] = {}
    for key, mark, _ in among(presses, LIMITS):
        found.setdefault(mark, set()).add(key)
    return found


def test_an_ordinary_press_has_no_mark() -> None:
    assert marks(press(device="kiosk-1", tags=("510",))) == set()


def test_a_retired_tag_is_kept_with_a_mark_and_a_wrong_one_is_named() -> None:
    assert reasons(press(tags=("501", "510", "110", "?"))) == {
        Mark.RETIRED_TAG: "retired: 501",
        Mark.WRONG_TAG: "no tag of level 5: 110, ?",
    }


def test_what_the_edge_has_marked_stays_marked() -> None:
    assert marks(press(marks=("stale_at_ingest", "something new"))) == {
        "stale_at_ingest",
        "something new",
    }


def test_a_press_on_the_last_day_is_in_time_and_one_after_it_is_marked() -> None:
    """Thursday 5 March and five working days: Thursday 12 March, 17:00 in the county."""
    last = NOON + timedelta(days=7, hours=5)
    assert marks(linked(pressed_at=last), errand=ERRAND) == set()
    assert marks(linked(pressed_at=last + timedelta(seconds=1)), errand=ERRAND) == {Mark.LATE}


def test_an_errand_that_nobody_reported_is_remarked_where_all_are_reported() -> None:
    silent = RULES.model_copy(
        update={"rating": RULES.rating.model_copy(update={"errands_reported": False})}
    )
    assert marks(linked()) == {Mark.UNKNOWN_ERRAND}
    assert marks(linked(), rules=silent) == set()
    assert marks(press()) == set()


def test_marks_can_be_left_out_of_the_rules() -> None:
    night = press(device="kiosk-1", pressed_at=NOON + timedelta(hours=12))
    assert marks(night) == {Mark.OUTSIDE_HOURS}
    assert marks(night, rules=RULES.model_copy(update={"marks": None})) == set()


def test_one_stands_before_a_device_or_a_window_and_nowhere_at_home() -> None:
    assert place_of("tablet", "k", "w1") == "device k"
    assert place_of("tablet", None, "w1") == "window w1"
    assert place_of("qr", None, "w1") is place_of("mobile", None, None) is None


def test_a_press_too_soon_after_another_is_a_repeat_and_the_first_is_none() -> None:
    assert standing_out(seen(0, "a"), seen(10, "b"), seen(61, "c")) == {Mark.REPEATED: {"b"}}


def test_three_matters_rated_one_after_the_other_are_no_repeats() -> None:
    assert standing_out(seen(0, "a", "E1"), seen(5, "b", "E2")) == {}
    assert standing_out(seen(0, "a", "E1"), seen(5, "b", "E2"), seen(9, "c", "E1")) == {
        Mark.REPEATED: {"c"},
        Mark.BURST: {"a", "b", "c"},
    }


def test_a_press_about_nobody_knows_what_repeats_whatever_was_pressed_before() -> None:
    assert standing_out(seen(0, "a", "E1"), seen(5, "b")) == {Mark.REPEATED: {"b"}}
    assert standing_out(seen(0, "a"), seen(5, "b", "E1")) == {Mark.REPEATED: {"b"}}


def test_another_place_is_another_matter() -> None:
    assert standing_out(seen(0), seen(1, place="device l"), seen(2, place="window w")) == {}


def test_every_press_of_a_burst_is_marked() -> None:
    presses = [seen(n * 20, str(n), f"E{n}") for n in (0, 1, 2, 3, 8, 9)]
    assert standing_out(*presses) == {Mark.BURST: {"0", "1", "2", "3"}}


Presses = st.lists(
    st.tuples(
        st.integers(0, 200), st.sampled_from([None, "E1", "E2"]), st.sampled_from(["k", "l"])
    ),
    max_size=14,
)


def as_seen(drawn: list[tuple[int, str | None, str]]) -> list[Seen]:
    """Presses as they were drawn, each with a key of its own."""
    return [seen(at, f"{n:02}", about, place) for n, (at, about, place) in enumerate(drawn)]


@given(drawn=Presses)
def test_the_marks_are_what_the_words_say(drawn: list[tuple[int, str | None, str]]) -> None:
    """Against every pair and every three of them."""
    presses = sorted(as_seen(drawn))
    repeats = {
        later.key
        for earlier, later in combinations(presses, 2)
        if earlier.place == later.place
        and (later.pressed_at - earlier.pressed_at).total_seconds() <= 10
        and (earlier.about == later.about or None in (earlier.about, later.about))
    }
    bursts = {
        each.key
        for three in combinations(presses, 3)
        if len({each.place for each in three}) == 1
        and (three[2].pressed_at - three[0].pressed_at).total_seconds() <= 60
        for each in three
    }
    found = standing_out(*presses)
    assert (found.get(Mark.REPEATED, set()), found.get(Mark.BURST, set())) == (repeats, bursts)


@given(drawn=Presses, data=st.data())
def test_to_know_what_changed_it_is_enough_to_look_around_what_came(
    drawn: list[tuple[int, str | None, str]], data: st.DataObject
) -> None:
    """Whatever part came first: looking at the rest with the margin finds all that is missing."""
    presses = as_seen(drawn)
    first = set(data.draw(st.lists(st.sampled_from(presses)))) if presses else set[Seen]()
    rest = [each for each in presses if each not in first]
    marked = {(key, mark) for key, mark, _ in among(first, LIMITS)}
    if rest:
        since = min(each.pressed_at for each in rest) - reach(LIMITS)
        until = max(each.pressed_at for each in rest) + reach(LIMITS)
        around = [each for each in presses if since <= each.pressed_at <= until]
        marked |= {(key, mark) for key, mark, _ in among(around, LIMITS)}
    assert marked == {(key, mark) for key, mark, _ in among(presses, LIMITS)}


@pytest.mark.parametrize("place", ["weiyuan", "guangdong", "wuhan", "shanghai"])
def test_every_place_says_what_is_suspect_and_where_it_has_that_from(place: str) -> None:
    rules = load_rules(ROOT / "config" / "rules", place)
    assert rules.marks is not None
    assert rules.marks.source
