"""A month of ratings as the store keeps them, over many units, and what somebody changes of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from services.adapters.mongo import Db, Document
from services.contracts.directory import Directory, Unit, Window

MONTH, DAYS = "2020-10", 30
STORED = datetime(2020, 10, 31, tzinfo=UTC)
CHANNELS = ("tablet", "terminal", "mobile", "pc")
BAD_ONE_IN, AT_ONCE = 10_000, 2000
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


def places(units: int) -> list[Place]:
    """Every day and unit of the month."""
    return [(f"{MONTH}-{day + 1:02}", f"u{n}") for day in range(DAYS) for n in range(units)]


def ratings(where: Iterable[Place], chance: random.Random) -> Iterator[Document]:
    """A rating at each place, as the store would have stored it."""
    for day, unit in where:
        bad = chance.random() < 1 / BAD_ONE_IN
        yield {
            "_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "day": day,
            "unit": unit,
            "window": f"w{unit[1:]}",
            "channel": chance.choice(CHANNELS),
            "stage": "completed",
            "turn": 1,
            "level": 1 if bad else chance.choice((5, 4)),
            "standing": "valid",
            "item": None,
            "tags": [],
            "marks": [],
            "errand": None,
            "pressed_at": STORED,
            "received_at": STORED,
            "stored_at": STORED,
        }


def keep(db: Db, documents: Iterable[Document]) -> None:
    """Insert ratings and say which buckets they touch, as the store does."""
    part: list[Document] = []
    for each in documents:
        part.append(each)
        if len(part) == AT_ONCE:
            _insert(db, part)
            part = []
    _insert(db, part)


def _insert(db: Db, part: list[Document]) -> None:
    if not part:
        return
    db["ratings"].insert_many(part, ordered=False)
    touched = sorted({(each["day"], each["unit"]) for each in part})
    buckets: list[Any] = [list(place) for place in touched]
    db["touched"].insert_one({"_id": str(uuid.uuid4()), "buckets": buckets, "at": STORED})
