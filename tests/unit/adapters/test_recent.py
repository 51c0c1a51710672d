"""What was worked out a moment ago is told again to whoever is content with that."""

from __future__ import annotations

from collections.abc import Callable

from services.adapters.recent import MOST_KEPT, Recently


def counting() -> Callable[[], int]:
    """Tells how often it was asked to work something out."""
    asked: list[None] = []

    def work() -> int:
        asked.append(None)
        return len(asked)

    return work


def test_a_result_is_told_again_while_it_is_young_enough() -> None:
    recently, work = Recently(), counting()
    assert [recently.within(60)("month", work) for _ in range(3)] == [1, 1, 1]
    assert recently.within(60)("another", work) == 2


def test_a_decision_is_always_worked_out_anew() -> None:
    recently, work = Recently(), counting()
    assert [recently.within(0)("month", work) for _ in range(2)] == [1, 2]


def test_only_so_many_results_are_kept() -> None:
    recently, work = Recently(), counting()
    for n in range(MOST_KEPT + 1):
        recently.within(60)(n, work)
    assert recently.within(60)(MOST_KEPT, work) == MOST_KEPT + 1
    assert recently.within(60)(0, work) == MOST_KEPT + 2
