"""After work comes a rest in proportion, which leaves time for what others wait for."""

from __future__ import annotations

from services.adapters.patience import Rest
from services.score.tallying import LONGEST_REST_S, REST_PER_WORK
from services.store.service import REST_PER_SWEEP


def test_after_a_recount_comes_a_rest_in_proportion() -> None:
    rest = Rest(REST_PER_WORK, LONGEST_REST_S)
    assert rest.over(0)
    rest.after(10.0, 10.2)
    assert not rest.over(10.5)
    assert rest.over(10.7)


def test_even_after_much_work_the_rest_is_bounded() -> None:
    rest = Rest(REST_PER_WORK, LONGEST_REST_S)
    rest.after(0, 100)
    assert rest.over(100 + LONGEST_REST_S)


def test_a_sweep_rests_for_longer_than_it_worked() -> None:
    rest = Rest(REST_PER_SWEEP)
    assert rest.over(0.0)
    rest.after(0.0, 1.0)
    assert [rest.over(second) for second in (1.0, 50.9, 51.0)] == [False, False, True]
