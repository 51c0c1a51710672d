"""What was worked out from an edition is told until there is another."""

from __future__ import annotations

from collections.abc import Callable

from services.adapters.remembered import LONGEST_S, Memory


def counting() -> Callable[[], int]:
    """Tells how often it was asked to work something out."""
    asked: list[None] = []

    def work() -> int:
        asked.append(None)
        return len(asked)

    return work


def test_an_edition_is_worked_out_once() -> None:
    memory, work = Memory(most=3), counting()
    assert [memory.get("week", 1, work) for _ in range(3)] == [1, 1, 1]
    assert memory.get("week", 2, work) == 2
    assert memory.get("week", 2, work) == 2


def test_an_edition_that_comes_back_is_worked_out_anew() -> None:
    memory, work = Memory(most=3), counting()
    assert [memory.get("week", edition, work) for edition in (1, 2, 1)] == [1, 2, 3]


def test_what_was_used_longest_ago_is_let_go() -> None:
    memory, work = Memory(most=2), counting()
    for key in ("a", "b", "a", "c"):
        memory.get(key, 1, work)
    assert memory.get("a", 1, work) == 1
    assert memory.get("b", 1, work) == 4


def test_nothing_is_remembered_for_longer_than_an_older_version_may_run_beside() -> None:
    seconds = [0.0]
    memory, work = Memory(most=2, now=lambda: seconds[0]), counting()
    memory.get("a", 1, work)
    seconds[0] = LONGEST_S + 1.0
    assert memory.get("a", 1, work) == 2
