"""A month of ratings as the store keeps them, over many units, and what somebody changes of it."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any

from services.adapters.mongo import Db, Document
from services.console.bench.load import RULES
from services.contracts.directory import Directory, Unit, Window
from services.contracts.vocabulary import DISSATISFIED
from services.score.kept import Stale
from services.score.repository import Tallies
from services.score.tally import Bucket, Cell

MONTH, DAYS = "2020-10", 30
STORED = datetime(2020, 10, 31, tzinfo=UTC)
OPENS, OPEN_FOR_S = timedelta(hours=1), 8 * 3600
"""The hours of a hall, from nine to five where it stands."""
CHANNELS = ("tablet", "terminal", "mobile", "pc")
CODES = ("channel", "stage", "turn", "level", "standing")
BAD_ONE_IN, AT_ONCE = 10_000, 2000
UNNAMED = "source_system errand_number occurrence device staff".split()
"""What a press of a counter that knows no errand leaves open."""
Place = tuple[str, str]


def directory(units: int) -> Directory:
    """So many units with a window each, all of one group of peers."""
    return Directory(
        version=1,
        units=tuple(Unit(id=f"u{n}", name=f"单位{n}", peers="all") for n in range(units)),
        windows=tuple(
            Window(id=f"w{n}", name=f"{n}号窗口", hall="大厅", unit=f"u{n}") for n in range(units)
        ),
    )


def places(units: int, month: str = MONTH) -> list[Place]:
    """Every day and unit of a month."""
    return [(f"{month}-{day + 1:02}", f"u{n}") for day in range(DAYS) for n in range(units)]


def spread(count: int, everywhere: Sequence[Place], chance: random.Random) -> list[Place]:
    """So many places by chance, day after day, as ratings come in."""
    return sorted((chance.choice(everywhere) for _ in range(count)), key=itemgetter(0))


def ratings(where: Iterable[Place], chance: random.Random) -> Iterator[Document]:
    """A rating at each place, one in `BAD_ONE_IN` of them bad."""
    for place in where:
        bad = chance.random() < 1 / BAD_ONE_IN
        yield rating(place, 1 if bad else chance.choice((5, 4)), chance)


def rating(where: Place, level: int, chance: random.Random) -> Document:
    """A rating as the store would have stored it."""
    (day, unit), id = where, str(uuid.UUID(int=chance.getrandbits(128), version=4))
    opens = datetime.fromisoformat(day).replace(tzinfo=UTC) + OPENS
    at = opens + timedelta(seconds=chance.randrange(OPEN_FOR_S))
    return {
        "_id": id,
        "rating_id": id,
        "day": day,
        "unit": unit,
        "window": f"w{unit[1:]}",
        "channel": chance.choice(CHANNELS),
        "stage": "completed",
        "turn": 1,
        "level": level,
        "standing": "valid",
        "item": None,
        "tags": [],
        "marks": [],
        "errand": None,
        **dict.fromkeys(UNNAMED),
        "pressed_at": at,
        "received_at": at,
        "stored_at": at,
        **({"dissatisfied_day": day} if level in DISSATISFIED else {}),
    }


def keep(db: Db, documents: Iterable[Document]) -> None:
    """Insert ratings and say which buckets they touch, as the store does."""
    for part in inserted(db, documents):
        touched = sorted({(each["day"], each["unit"]) for each in part})
        buckets: list[Any] = [list(place) for place in touched]
        db["touched"].insert_one({"_id": str(uuid.uuid4()), "buckets": buckets, "at": STORED})


def check(db: Db, first: date, last: date) -> None:
    """Note of every bucket of these days what a night's check would have found: it is right."""
    tallies = Tallies(db)
    tallies.confirm(tallies.between(first, last), frozenset(map(int, RULES.levels.bad)))


def inserted(db: Db, documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Insert ratings, some at a time, and yield those that are in."""
    waiting = iter(documents)
    while part := list(islice(waiting, AT_ONCE)):
        db["ratings"].insert_many(part, ordered=False)
        yield part


@dataclass
class Counted:
    """Ratings as the tallies and hours of score know them, without going through its service:
    of a month that is only looked at, few ratings are ever read one by one.
    """

    buckets: dict[Place, Bucket] = field(default_factory=dict)
    hours: Counter[tuple[str, str, int, int]] = field(default_factory=Counter)

    def through(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same ratings; each is counted as it passes."""
        for each in documents:
            day, unit, level = each["day"], each["unit"], each["level"]
            bucket = self.buckets.setdefault((day, unit), Bucket(day, unit))
            cell = Cell.of(each["window"], *(each[name] for name in CODES))
            bucket.add(cell, each["item"], each["tags"], 1, each["marks"])
            self.hours[day, unit, each["pressed_at"].hour, level] += 1
            yield each

    def keep(self, db: Db) -> None:
        """Every bucket in its first version, and the hours of each day as of it."""
        fresh = Stale({}, dict.fromkeys(self.buckets, 0))
        Tallies(db).replace(fresh, list(self.buckets.values()))
        rows: dict[str, list[Any]] = {day: [] for day, _ in self.buckets}
        for (day, *kind), count in sorted(self.hours.items()):
            rows[day].append([*kind, count])
        db["hours"].insert_many(
            {"_id": day, "edition": 1, "rows": json.dumps(own)} for day, own in rows.items()
        )
