"""Long thinking lets others be answered meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import eventlet

from services.adapters.breathing import breathing


def test_every_item_comes_once_and_in_order() -> None:
    assert list(breathing(range(1000))) == list(range(1000))


def test_somebody_else_is_answered_before_long_work_has_ended() -> None:
    answered: list[str] = []
    eventlet.spawn(answered.append, "page")

    def work() -> Iterator[int]:
        number = 0
        while not answered:
            yield number
            number += 1

    assert list(breathing(work()))
    assert answered == ["page"]
