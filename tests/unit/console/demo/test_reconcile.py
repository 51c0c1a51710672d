"""A figure holds only if all that know it agree; one that does not names itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.console.demo.reconcile import Check

NUMBERS = st.integers(0, 3) | st.none()


def test_a_mismatch_names_itself_with_the_three_numbers() -> None:
    check = Check("stored", 24_793, 24_792, 24_793)
    assert not check.holds
    assert check.sentence == "stored: generator 24793, recount 24792, API 24793"


def test_a_way_that_does_not_know_a_figure_has_no_say() -> None:
    check = Check("duplicates absorbed", 100, 100, None)
    assert check.holds
    assert "API —" in check.sentence


def test_a_figure_that_nobody_knows_does_not_hold() -> None:
    assert not Check("nothing", None, None, None).holds


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_check_holds_only_without_any_contradiction(
    first: int | None, second: int | None, third: int | None
) -> None:
    known = [number for number in (first, second, third) if number is not None]
    assert Check("any", first, second, third).holds == (len(set(known)) == 1)


def test_machines_read_whether_it_holds() -> None:
    assert Check("stored", 1, 1, 2).plain() == {
        "name": "stored",
        "expected": 1,
        "recounted": 1,
        "told": 2,
        "holds": False,
    }
