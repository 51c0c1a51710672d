"""What is kept of imports, on the fake and the real database."""

from __future__ import annotations

from fractions import Fraction

import pytest

from services.adapters.mongo import Db
from services.contracts.period import Period
from services.errors import Conflict
from services.score.archive import Imports
from services.score.imports import Import, Row
from tests.unit.score.october import (
    OCTOBER,
    at,
)


def imports(db: Db, number: int, *rows: Row, by: str = "li") -> Import:
    """An import of October."""
    return Imports(db).keep(
        Import(period="2026-10", number=number, source="平台", by=by, at=at(11, 2), rows=rows)
    )


def online(unit: str, above: int, below: int = 10) -> Row:
    """A figure of a unit."""
    return Row(unit=unit, figure="online_rate", numerator=above, denominator=below)


def test_an_import_is_kept_whole_with_its_history_and_the_same_again_changes_nothing(
    db: Db,
) -> None:
    first = imports(db, 1, online("tax", 5), online("land", 6))
    assert imports(db, 2, online("tax", 5), online("land", 6)) == first
    second = imports(db, 2, online("tax", 7))
    assert Imports(db).of("2026-10") == [first, second]
    found = Imports(db).in_force(OCTOBER)
    assert found["tax", "online_rate"].value == Fraction(7, 10)
    assert found["land", "online_rate"].value == Fraction(6, 10)
    with pytest.raises(Conflict):
        imports(db, 2, online("tax", 9))


def test_a_quarter_reads_the_imports_of_its_months_unless_it_has_its_own(db: Db) -> None:
    for month in ("2026-10", "2026-11", "2026-12"):
        new = Import(
            period=month, number=1, source=month, by="li", at=at(11, 2), rows=(online("tax", 5),)
        )
        Imports(db).keep(new)
    quarter = Imports(db).in_force(Period.parse("2026-Q4"))["tax", "online_rate"]
    assert (quarter.numerator, quarter.denominator) == (15, 30)
