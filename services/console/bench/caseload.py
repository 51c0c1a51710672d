"""Open cases as a county has them: twenty units, six weeks of openings, every state but closed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice

from services.adapters.mongo import Db
from services.adapters.settings import token_hash
from services.console.bench.load import RULES
from services.contracts.actor import Actor, Role
from services.contracts.calendar import DAY, calendar_of
from services.contracts.directory import Directory, Principal, Unit, Window
from services.contracts.events import BadRatingStored
from services.contracts.rectification import case_id
from services.contracts.vocabulary import Channel, Level
from services.rectify.attachment import Attachment
from services.rectify.case import move
from services.rectify.deadlines import derive
from services.rectify.decision import Act, Office, Step
from services.rectify.document import opening
from services.rectify.facts import Command
from services.rectify.history import escalated
from services.rectify.opening import for_rating, opened
from services.rectify.repository import CASES

UNITS, ITEMS, ROOT = 20, 200, "county"
SENDER, DISPATCHER = "bench-sender", "bench-dispatcher"
KEY, KEYS = b"bench" * 8, uuid.UUID("3b1f7c52-1d5e-5f0a-9c0d-6d4a2f6e8b10")
"""With what histories are sealed, and from what the keys of ratings are made."""
AT_ONCE = 500
LIFE = {
    "": 3,
    "claim": 3,
    "claim verify": 8,
    "claim verify pause": 1,
    "claim attach appeal": 1,
    "claim verify submit": 4,
}
SAYS = {"reason": "because", "text": "done", "evidence": ("photo",)}
PHOTO = {"id": "photo", "name": "a.png", "type": "image/png", "size": 1, "sha256": "0"}
_TAGS = [code for code, tag in RULES.tags.items() if RULES.is_bad(tag.level) and not tag.retired]
_CHANNELS = (Channel.TABLET, Channel.TERMINAL, Channel.MOBILE, Channel.PC)


def officer(number: int) -> str:
    """The officer of a unit, whose token is the same word."""
    return f"bench-officer-{number}"


def person(id: str, role: Role, unit: str | None) -> Principal:
    """Somebody with one role, whose token is the same word as the id."""
    return Principal(id=id, name=id, roles=frozenset({role}), unit=unit, token_hash=token_hash(id))


DIRECTORY = Directory(
    version=1,
    units=(
        Unit(id=ROOT, name="县政务服务局"),
        *(Unit(id=f"u{n}", name=f"单位{n}", parent=ROOT) for n in range(UNITS)),
    ),
    windows=tuple(
        Window(id=f"w{n}", name=f"{n}号窗口", hall="大厅", unit=f"u{n}") for n in range(UNITS)
    ),
    principals=(
        *(person(officer(n), Role.OFFICER, f"u{n}") for n in range(UNITS)),
        person(DISPATCHER, Role.DISPATCHER, ROOT),
        person("bench-auditor", Role.AUDITOR, ROOT),
        person(SENDER, Role.SYSTEM, None),
    ),
)


def working_days(first: datetime, step: int) -> Iterator[datetime]:
    """The moments on working days from `first` on, forwards (1) or backwards (-1)."""
    calendar, at = calendar_of(RULES.region), first
    while True:
        if calendar.works(calendar.local(at)):
            yield at
        at += step * DAY


def aged(number: int, now: datetime, days: int = 30, units: int = UNITS) -> Iterator[Step]:
    """Cases of the last `days` working days at so many units, in all states, with every rung that
    has come.
    """
    chance = random.Random(1)
    mornings = islice(working_days(now.replace(hour=1, minute=0), -1), 1, days + 1)
    lives = [(_lived(at, life, now), weight) for at in mornings for life, weight in LIFE.items()]
    steps, weights = [step for step, _ in lives], [weight for _, weight in lives]
    chosen = chance.choices(steps, weights, k=number)
    return (_another(step, each, chance, units) for each, step in enumerate(chosen))


def fresh(number: int, at: datetime, name: str) -> Iterator[Step]:
    """Cases opened at one moment that nobody has touched."""
    chance = random.Random(name)
    step = _lived(at, "", at)
    return (_another(step, f"{name}:{each}", chance) for each in range(number))


def keep(db: Db, steps: Iterator[Step], key: bytes = KEY) -> None:
    """Insert cases as the service keeps them."""
    while some := list(islice(steps, AT_ONCE)):
        documents = [opening(step, key, RULES) for step in some]
        db[CASES].insert_many(documents, ordered=False)


def _lived(at: datetime, life: str, now: datetime) -> Step:
    """A case opened at `at` and moved on a minute later each, escalated up to `now`."""
    office = Office(RULES, DIRECTORY, at)
    step = opened(for_rating(_rating(at), case_id("bench"), office), office)
    step = reduce(_moved, life.split(), step)
    later = replace(office, now=now)
    rungs = derive(step.case, RULES).come(now)
    return _joined(step, escalated(step.case, rungs, later))


def _moved(step: Step, what: str) -> Step:
    case = step.case
    at = step.entries[-1].at + timedelta(minutes=1)
    needed = {"appeal": ("reason", "evidence"), "submit": ("text",), "pause": ("reason",)}
    said = {name: SAYS[name] for name in needed.get(what, ())}
    command = Command.model_validate(
        {"command_id": what, "move": what, "expected_version": case.version, **said}
    )
    by = Actor(officer(0), frozenset({Role.OFFICER}), "u0", frozenset({"u0"}))
    file = Attachment.model_validate({**PHOTO, "by": by.id, "at": at}) if what == "attach" else None
    return _joined(step, move(Act(case, by, Office(RULES, DIRECTORY, at), command, file=file)))


def _joined(before: Step, then: Step) -> Step:
    return Step(then.case, before.entries + then.entries, ())


def _rating(at: datetime) -> BadRatingStored:
    return BadRatingStored(
        rating_key="bench",
        level=Level.DISSATISFIED,
        channel=Channel.TABLET,
        unit="u0",
        linked=False,
        named=True,
        contactable=True,
        has_text=True,
        pressed_at=at,
    )


def _another(step: Step, number: int | str, chance: random.Random, units: int = UNITS) -> Step:
    """The same life of another rating, at another unit."""
    unit, case, key = chance.randrange(units), step.case, str(uuid.uuid5(KEYS, f"{number}"))
    changes: dict[str, object] = {
        "id": case_id(key),
        "rating_key": key,
        "unit": f"u{unit}",
        "home": f"u{unit}",
        "handler": f"u{unit}",
        "assignee": officer(unit) if case.assignee else None,
        "window": f"w{unit}",
        "item": f"i{chance.randrange(ITEMS)}",
        "channel": chance.choice(_CHANNELS),
        "tags": tuple(chance.sample(_TAGS, chance.randrange(3))),
    }
    return Step(case.model_copy(update=changes), step.entries, ())


TAG = _TAGS[0]
"""A tag that some of the cases bear."""
