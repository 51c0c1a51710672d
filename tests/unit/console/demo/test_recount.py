"""The second path reads a case as score does, though neither knows of the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.console.demo import reckon
from services.console.demo.recount import Sums, verdict_of
from services.contracts.verdict import verdict

CUT_OFF = datetime(2021, 1, 12, tzinfo=UTC)
MOMENTS = st.none() | st.integers(-3, 3).map(lambda days: CUT_OFF + timedelta(days=days))
CASES = st.fixed_dictionaries(
    {
        "invalidated": st.booleans(),
        "overran": st.booleans(),
        "rectify_due_at": MOMENTS,
        "submitted_at": MOMENTS,
    }
)


@given(CASES)
def test_both_paths_read_a_case_alike(case: dict[str, Any]) -> None:
    assert verdict_of(case, CUT_OFF) == verdict(case, CUT_OFF).value


def town() -> Sums:
    sums = Sums(rated_places={"w1", "hall"}, served_places={"w1", "w2", "hall"})
    sums.levels.update({5: 90, 3: 5, 2: 5})
    sums.verdicts.update(done_on_time=3, overdue_open=1, invalidated=1)
    sums.errands.update(reported=40)
    return sums


def test_terms_add_up_to_the_index() -> None:
    terms = reckon.terms_of(town(), reckon.open_book())
    assert terms == {
        "rectified_rate": Fraction(5, 2),
        "good_rate": Fraction(3, 2),
        "hall_reach": Fraction(4, 3),
        "service_quality": Fraction(2) * (Fraction(945, 100) - 6) / 4,
    }
    assert reckon.index_of(town(), reckon.open_book()) == sum(terms.values())


def test_a_term_without_a_sample_gives_its_weight_to_the_others() -> None:
    sums = town()
    sums.errands.clear()
    terms = reckon.terms_of(sums, reckon.open_book())
    assert terms
    assert terms["hall_reach"] == 0
    assert terms["rectified_rate"] == Fraction(5, 2) * Fraction(10, 8)


def test_duties_alone_make_no_index() -> None:
    assert reckon.index_of(Sums(), reckon.open_book()) is None


def test_sums_of_units_add_up() -> None:
    both = town()
    both.add(town())
    assert both.levels.total() == 200
    assert both.bad == 10
    assert both.rated_places == town().rated_places
