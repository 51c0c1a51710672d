"""October 2026 at the tax office of the town: what tests close, publish, revise and explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.adapters.mongo import Db, Document
from services.contracts.directory import Directory
from services.contracts.period import Period
from services.contracts.rules import Rules
from services.contracts.time_to_rate import rating_ends
from services.score.archive import Imports
from services.score.closing import Closer, Closing
from services.score.happenings import Happenings
from services.score.index import Recipe
from services.score.repository import Tallies
from services.score.scorer import Scorer
from services.score.shelf import Months
from tests.unit.score.town import (
    DIRECTORY,
    RECIPES,
    RULES,
    case_document,
    rating,
    store,
)

OCTOBER = Period.parse("2026-10")
INDEX = "haochaping-composite"
BAD = frozenset({1, 2})
EVERYTHING = Closing(accept=("undecided",))
LATE = Closing(accept=("undecided",), cause="late presses")


def at(month: int, day: int, hour: int = 2) -> datetime:
    """A moment of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


CLOSES, LATER, LONG_AFTER = at(11, 3), at(11, 12), at(12, 30)


def scorer(
    db: Db,
    now: datetime,
    recipes: Sequence[Recipe] = tuple(RECIPES.values()),
    rules: Rules = RULES,
    directory: Directory = DIRECTORY,
    in_flight: int = 0,
) -> Scorer:
    """Somebody who scores at `now`."""
    ends = rating_ends(rules.region, rules.rating.time_to_rate)
    parts = (Tallies(db), Happenings(db), Months(db), Imports(db))
    return Scorer(*parts, rules, tuple(recipes), directory, ends, now, in_flight)


def closer(db: Db, now: datetime, **options: Any) -> Closer:
    """Somebody who closes at `now`."""
    return Closer(scorer(db, now, **options))


def pressed(id: str, level: int = 5, day: int = 20, **changes: Any) -> Document:
    """A rating of October, stored the same day unless told otherwise."""
    when = at(10, day)
    times = {"pressed_at": when, "received_at": when, "stored_at": when}
    return rating(f"2026-10-{day:02}", "tax", level, _id=id, marks=[], **(times | changes))


def an_october(db: Db, *more: Document) -> None:
    """Forty good ratings at the tax office, and more."""
    store(db, *(pressed(f"g{n}", day=n % 28 + 1) for n in range(40)), *more)
    Tallies(db).recompute()


def a_case(id: str = "bad", day: int = 31, **changes: Any) -> Document:
    """The case of a rating of October."""
    named = {"_id": f"case of {id}", "rating_key": id, "rating_day": f"2026-10-{day:02}"}
    return case_document(
        **{
            **named,
            "rating_month": "2026-10",
            "rectify_due_at": at(11, 10),
            "callback_due_at": at(11, 10),
            **changes,
        }
    )


def line(page: Mapping[str, Any], unit: str = "tax") -> Any:
    """A line of a board."""
    return next(each for each in page["units"] if each["unit"] == unit)


def figure(shown: Mapping[str, Any], key: str) -> Any:
    """An indicator of a line."""
    return next(each for each in shown["indicators"] if each["key"] == key)


def board(db: Db, key: str = "2026-10", now: datetime = LATER) -> Any:
    """The board as anybody reads it."""
    return scorer(db, now).page(key, INDEX, lambda unit: True)


def published(db: Db, now: datetime = CLOSES) -> Any:
    """October closed and published."""
    closer(db, now).close("2026-10", EVERYTHING, "li")
    closer(db, now).publish("2026-10", "li")
    return board(db)
