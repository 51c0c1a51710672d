"""Realistic presses: a month of twenty units, 30 % with sealed contact and words, tags as given."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.contracts.directory import Directory, Unit, Window
from services.contracts.events import RatingSubmitted
from services.contracts.rules import Rules
from services.contracts.vocabulary import Level

FIRST = datetime(2020, 10, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=29)
UNITS, BAD_ONE_IN, NAMED, SEALED_BYTES = 20, 10_000, 0.3, 420
RULES: Rules = load_rules(ROOT / "config" / "rules", "weiyuan")
DIRECTORY = Directory(
    version=1,
    units=tuple(Unit(id=f"u{n}", name=f"单位{n}") for n in range(UNITS)),
    windows=tuple(
        Window(id=f"w{n}", name=f"{n}号窗口", hall="大厅", unit=f"u{n}") for n in range(UNITS)
    ),
)
_TAGS = {
    level: [code for code, tag in RULES.tags.items() if tag.level == level and not tag.retired]
    for level in Level
}


def presses(number: int, seed: int, parts: int = 1) -> Iterator[RatingSubmitted]:
    """So many presses, the same for the same seed, in the order in which they were made.

    They fill the month, or of its `parts` the one that `seed` counts, from nought.
    """
    chance, month = random.Random(seed), MONTH / parts
    first = FIRST + month * (seed % parts)
    for made in range(number):
        bad = chance.random() < 1 / BAD_ONE_IN
        level = Level.VERY_DISSATISFIED if bad else chance.choice([Level(5), Level(4)])
        named = chance.random() < NAMED
        at = (first + month * made / number).replace(microsecond=0)
        yield RatingSubmitted(
            rating_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            level=level,
            channel=chance.choice(["tablet", "terminal", "mobile", "pc"]),
            window=f"w{chance.randrange(UNITS)}",
            tags=tuple(chance.sample(_TAGS[level], chance.randrange(3))),
            named=named,
            contactable=named,
            has_text=named,
            sealed=chance.randbytes(SEALED_BYTES) if named else None,
            pressed_at=at,
            sent_at=at,
            received_at=at,
            submitted_by="hall",
            receipt=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            fingerprint=chance.randbytes(32).hex(),
        )
