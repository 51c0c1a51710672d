"""Months as the command prints them: what is printed adds up, and names what it is of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from services.adapters.mongo import Db
from services.console.month import showing
from services.score.repository import Tallies
from tests.fake import fake_database
from tests.unit.score.october import (
    INDEX,
    LATE,
    LATER,
    an_october,
    closer,
    line,
    pressed,
    published,
    scorer,
)
from tests.unit.score.town import rating, store


@pytest.fixture
def db() -> Db:
    """September and October, in which parts are cut off here and there."""
    db = fake_database(f"showing_{uuid.uuid4().hex[:8]}")
    store(db, *(rating(f"2026-09-{n % 28 + 1:02}", _id=f"s{n}") for n in range(37)))
    store(db, *(rating("2026-09-03", level=3, _id=f"m{n}") for n in range(3)))
    an_october(db, pressed("bad", 1))
    Tallies(db).recompute()
    return db


def printed(show: Callable[..., None], *said: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the command prints, on a terminal that is wide enough."""
    console = Console(width=240)
    monkeypatch.setattr(showing, "console", console)
    with console.capture() as caught:
        show(*said)
    return caught.get()


def column(table: str, number: int) -> list[Decimal]:
    """The figures in a column of a printed table."""
    rows = (row.split("│")[1:-1] for row in table.splitlines() if row.startswith("│"))
    return [Decimal(cells[number].strip()) for cells in rows]


def compared(db: Db, other: str | None = None) -> Any:
    """October beside another period or revision."""
    return scorer(db, LATER).compare("2026-10", other, INDEX, lambda unit: True)


def test_the_parts_of_a_change_add_up_with_their_rounding(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = printed(showing.show_side_by_side, compared(db), "tax", monkeypatch=monkeypatch)
    assert "取整尾差" in told
    changes = column(told, 3)
    assert sum(changes[:-1]) == changes[-1] < 0


def test_the_points_of_a_score_add_up_with_their_rounding(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = line(scorer(db, LATER).page("2026-10", INDEX, lambda unit: True))
    index = {"name": INDEX, "of": "10"}
    told = printed(showing.show_line, shown, index, monkeypatch=monkeypatch)
    assert sum(column(told, 4)) == Decimal(shown["score"]["printed"])


def test_two_revisions_side_by_side_are_told_apart(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    published(db)
    closer(db, LATER).revise("2026-10", LATE, "li")
    told = compared(db, "2026-10@1")
    heads = printed(showing.show_side_by_side, told, None, monkeypatch=monkeypatch)
    assert "2026-10@1 haochaping-composite" in heads
    assert "2026-10@2 haochaping-composite" in heads


def test_a_unit_that_is_not_on_the_boards_is_refused(db: Db) -> None:
    with pytest.raises(showing.NoSuchUnit):
        showing.show_side_by_side(compared(db), "nowhere")
