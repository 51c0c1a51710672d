"""Who could rate, who did, and what was done in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.contracts.time_to_rate import rating_ends
from services.score.errands import Errands, at_cut_off, rated_errands, rating_keys, served
from tests.unit.score.town import RULES

ENDS = rating_ends(RULES.region, RULES.rating.time_to_rate)
REACHED = datetime(2020, 12, 1, 2, tzinfo=UTC)
AFTER = datetime(2020, 12, 8, 9, tzinfo=UTC)


def errand(id: str = "sys:1:completed:1", **changes: Any) -> dict[str, Any]:
    """An errand completed on Tuesday, 1 December 2020."""
    return {
        "_id": id,
        "unit": "tax",
        "window": "w1",
        "stage": "completed",
        "day": "2020-12-01",
        "reached_at": REACHED,
        "promised_by": None,
        **changes,
    }


def counted(errands: list[dict[str, Any]], ratings: set[str], cut_off: datetime = AFTER) -> Errands:
    """Errands of one day as they count at cut-off, with the ratings under these keys."""
    rated = rated_errands(errands, {key: {"_id": key} for key in ratings})
    return at_cut_off(served(errands, rated), REACHED.date(), ENDS, cut_off)


def test_the_time_to_rate_ends_at_the_close_of_the_fifth_working_day() -> None:
    assert ENDS(REACHED.date()) == AFTER


def test_an_errand_that_may_still_be_rated_is_not_yet_due() -> None:
    early = counted([errand()], {"sys:1:completed:1:1"}, AFTER - timedelta(seconds=1))
    assert early == Errands(reported=1, served=frozenset({"w1"}))


def test_an_errand_counts_once_as_rated_and_its_append_does_not_count() -> None:
    rated = {"sys:1:completed:1:1", "sys:1:completed:1:2", "sys:2:completed:1:2"}
    both = counted([errand(), errand("sys:2:completed:1")], rated)
    assert (both.due, both.rated) == (2, 1)


def test_an_errand_that_points_at_its_rating_is_rated_by_it_unless_that_is_anothers() -> None:
    pointing = errand("a", rated_as="r1")
    assert rating_keys([pointing]) == {"a:1", "r1"}
    assert rated_errands([pointing], {"r1": {"errand": {"key": "a", "day": "x"}}}) == {"a"}
    assert rated_errands([pointing], {"r1": {"errand": {"key": "b", "day": "x"}}}) == set()
    assert rated_errands([pointing], {"r1": {"errand": None}}) == set()


def test_only_a_completed_errand_can_keep_its_promise() -> None:
    kept = errand("a", promised_by=REACHED)
    broken = errand("b", promised_by=REACHED - timedelta(minutes=1))
    accepted = errand("c", promised_by=REACHED, stage="accepted")
    three = counted([kept, broken, accepted], set())
    assert (three.promised, three.on_time) == (2, 1)


def test_counts_of_units_add_up_and_survive_the_snapshot() -> None:
    one = Errands(3, 2, 1, 1, 1, frozenset({"w1"}))
    both = one + Errands(1, 1, 0, 0, 0, frozenset({"w2"}))
    assert both == Errands(4, 3, 1, 1, 1, frozenset({"w1", "w2"}))
    assert Errands.from_plain(both.plain()) == both
