"""What is printed of the county's index can be added up by whoever reads it."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.console.demo import reckon, standing
from services.console.demo.recount import Sums

WIDE = 200
BOOK = reckon.open_book()


def printed(sums: Sums) -> list[str]:
    """The lines of the table of terms."""
    out = Console(width=WIDE)
    with out.capture() as said:
        out.print(standing.terms(sums, BOOK))
    return said.get().strip().splitlines()


@given(st.integers(0, 900), st.integers(1, 90), st.integers(0, 40), st.integers(0, 9))
def test_printed_points_and_what_rounding_left_make_the_index(
    good: int, bad: int, rated: int, late: int
) -> None:
    places = {f"w{each}" for each in range(40)}
    sums = Sums(rated_places=set(sorted(places)[:rated]), served_places=places)
    sums.levels.update({5: good + 30, 2: bad})
    sums.verdicts.update(done_on_time=3, overdue_open=late)
    sums.errands.update(reported=40)
    title, _, _, *rows, _ = printed(sums)
    _, total, _, of = title.split()
    assert sum(Fraction(row.split()[-1]) for row in rows) == Fraction(total)
    assert of == str(BOOK.recipe["of"])
    assert len(rows) == len(BOOK.recipe["terms"]) + 1


def test_each_term_says_between_which_values_points_are_earned() -> None:
    text = "\n".join(printed(Sums()))
    assert "90% … 100%" in text
    assert "-0.5 each" in text
