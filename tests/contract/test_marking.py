"""What stands out among its neighbours is marked afterwards, once, whatever came first."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.adapters.mongo import Db
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Mark
from services.store.marking import STRETCH, Sightings, Sweep, stretches
from services.store.repository import Ratings
from tests.contract.test_joining import report, store
from tests.county import NOON, RULES, errand, linked, press
from tests.fake import fake_database

LATER = NOON + timedelta(hours=1)


def sweep(db: Db) -> int:
    """Look at all that was noted; how many presses were read."""
    read = 0
    while db["unswept"].find_one() is not None:
        read += Sweep(Ratings(db), Sightings(db), RULES, LATER).run()
    return read


def marks(db: Db) -> dict[str, list[str]]:
    """Key → marks, of those that have any."""
    found = {each["_id"]: sorted(each["marks"]) for each in db["ratings"].find()}
    return {key: each for key, each in found.items() if each}


def at(second: float, id: str) -> RatingSubmitted:
    """A press at window w1 so many seconds after noon."""
    return press(rating_id=id, pressed_at=NOON + timedelta(seconds=second))


def test_a_repeated_press_is_marked_by_a_recorded_step_and_counts_as_before(db: Db) -> None:
    store(db, at(0, "a"), at(4, "b"))
    assert marks(db) == {}
    db["touched"].delete_many({})
    sweep(db)
    repeated = db["ratings"].find_one({"_id": "b"})
    assert repeated is not None
    assert repeated["why_marked"] == {Mark.REPEATED: "within 10 s of another at window w1"}
    assert repeated["marked"] == [{"mark": "repeated_press", "at": LATER}]
    assert repeated["version"] == 2
    assert (repeated["standing"], marks(db)) == ("valid", {"b": [Mark.REPEATED]})
    assert [each["buckets"] for each in db["touched"].find()] == [[["2020-03-05", "tax"]]] * 2


def test_a_burst_is_marked_from_its_first_press_on(db: Db) -> None:
    for second in range(0, 55, 6):
        store(db, linked(f"A{second}", pressed_at=NOON + timedelta(seconds=second)))
    report(db, *(errand(f"A{second}") for second in range(0, 55, 6)))
    sweep(db)
    assert list(marks(db).values()) == [[Mark.BURST]] * 10


def test_a_sweep_forgets_what_it_has_looked_at_and_a_redelivery_marks_nothing_twice(
    db: Db,
) -> None:
    presses = [at(0, "a"), at(4, "b")]
    for _ in range(3):
        store(db, *presses)
        assert sweep(db) == 2
        assert sweep(db) == 0
    found = db["ratings"].find_one({"_id": "b"})
    assert found is not None
    assert (found["marks"], found["version"]) == ([Mark.REPEATED], 2)


def test_a_sweep_that_marks_nothing_new_has_nothing_counted_again(db: Db) -> None:
    store(db, at(0, "a"), at(4, "b"))
    sweep(db)
    store(db, at(4, "b"), at(3600, "c"))
    db["touched"].delete_many({})
    assert sweep(db) == 3
    assert db["touched"].count_documents({}) == 0


def test_a_press_that_came_before_the_other_but_arrives_after_it_marks_the_other(db: Db) -> None:
    store(db, at(4, "b"))
    sweep(db)
    assert marks(db) == {}
    store(db, at(0, "a"))
    sweep(db)
    assert marks(db) == {"b": [Mark.REPEATED]}


def test_midnight_in_the_county_is_no_wall(db: Db) -> None:
    midnight = 12 * 3600
    store(db, at(midnight - 2, "a"))
    sweep(db)
    store(db, at(midnight + 2, "b"))
    sweep(db)
    assert marks(db) == {"b": [Mark.REPEATED]}


def test_a_long_time_is_looked_at_piece_by_piece() -> None:
    last = NOON + STRETCH * 2 + timedelta(seconds=1)
    pieces = list(stretches(NOON, last))
    assert [a for a, _ in pieces] == [NOON, NOON + STRETCH, NOON + 2 * STRETCH]
    assert [b for _, b in pieces] == [NOON + STRETCH, NOON + 2 * STRETCH, last]
    assert list(stretches(NOON, NOON)) == [(NOON, NOON)]


SECONDS = (0, 3, 9, 20, 24, 26, 30, 33, 41, 50, 52, 58, 3_500, 3_504, 7_300, 86_400)
EXPECTED_REPEATS = {"3", "9", "24", "26", "30", "33", "41", "50", "52", "58", "3504"}
EXPECTED_BURST = {str(second) for second in SECONDS if second < 60}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_marks_do_not_depend_on_batches_order_or_sweeps(data: st.DataObject) -> None:
    """Sixteen presses in any order and batches, with resends, and sweeps at any moment."""
    db = fake_database()
    presses = [at(second, str(second)) for second in SECONDS]
    again = data.draw(st.lists(st.sampled_from(presses), max_size=6))
    waiting = data.draw(st.permutations([*presses, *again]))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        store(db, *waiting[:size])
        waiting = waiting[size:]
        if data.draw(st.booleans()):
            sweep(db)
    sweep(db)
    found = marks(db)
    assert {key for key, each in found.items() if Mark.REPEATED in each} == EXPECTED_REPEATS
    assert {key for key, each in found.items() if Mark.BURST in each} == EXPECTED_BURST
    assert all(
        each["version"] == 1 + len(each.get("marked", ())) == 1 + len(each["marks"])
        for each in db["ratings"].find()
    )
