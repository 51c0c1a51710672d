"""Recounting leaves time for intake."""

from __future__ import annotations

from services.score.pace import LONGEST_REST_S, Pace


def test_after_work_comes_a_rest_in_proportion() -> None:
    pace = Pace()
    assert pace.ready(0)
    pace.worked(10.0, 10.2)
    assert not pace.ready(10.5)
    assert pace.ready(10.7)


def test_even_after_much_work_the_rest_is_bounded() -> None:
    pace = Pace()
    pace.worked(0, 100)
    assert pace.ready(100 + LONGEST_REST_S)
