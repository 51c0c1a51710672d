"""A small town for the tests of score: its rules, registry, ratings and cases."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.adapters.mongo import Db, Document
from services.adapters.rulebook import load_rules
from services.contracts.directory import Directory, Item, Unit, Window
from services.contracts.rules import Rules
from services.contracts.verdict import CaseAtCutOff, Verdict
from services.contracts.vocabulary import DISSATISFIED, Channel, Level, Stage, Standing, Turn
from services.score.errands import Errands
from services.score.facts import Facts, UnitFacts
from services.score.recipes import load_recipes
from services.score.tally import Cell, Topic

CONFIG = Path(__file__).parents[3] / "config"
RULES: Rules = load_rules(CONFIG / "rules", "weiyuan")
RECIPES = load_recipes(CONFIG / "index")
COMPOSITE = RECIPES["haochaping-composite"]
EFFICIENCY = RECIPES["efficiency-index"]
CUT_OFF = datetime(2021, 2, 1, tzinfo=UTC)
DIRECTORY = Directory(
    units=(
        Unit(id="county", name="县"),
        Unit(id="tax", name="税务", parent="county", peers="bureaus"),
        Unit(id="land", name="国土", parent="county", peers="bureaus"),
        Unit(id="land-north", name="国土北所", parent="land", peers="offices"),
    ),
    windows=(
        Window(id="w1", name="1号", hall="hall", unit="tax"),
        Window(id="w2", name="2号", hall="hall", unit="land"),
    ),
    items=(Item(id="i1", name="一", unit="tax"), Item(id="i2", name="二", unit="land")),
)


def cell(
    level: int = 5,
    channel: Channel = Channel.PC,
    standing: Standing = Standing.VALID,
    turn: Turn = Turn.FIRST,
    window: str | None = "w1",
) -> Cell:
    """A kind of rating."""
    return Cell(window, channel, Stage.COMPLETED, turn, Level(level), standing)


def did(
    levels: Mapping[int, int] | None = None,
    cases: tuple[CaseAtCutOff, ...] = (),
    errands: Errands | None = None,
) -> UnitFacts:
    """Ratings by level, at one window, with cases and errands."""
    cells = Counter({cell(level): count for level, count in (levels or {}).items()})
    topics = Counter({Topic("i1", None): sum((levels or {}).values())})
    return UnitFacts(cells, topics, errands or Errands(), cases)


def facts(unit_facts: UnitFacts, rules: Rules = RULES) -> Facts:
    """The facts of a place where two items are on offer."""
    return Facts(unit_facts, rules, frozenset({"i1", "i2"}), {"w1": "hall", "w2": "hall"})


def case(verdict: Verdict = Verdict.DONE_ON_TIME, id: str = "c", **more: bool) -> CaseAtCutOff:
    """A case at cut-off."""
    return CaseAtCutOff(id, f"rating of {id}", verdict, **more)


def case_document(**changes: Any) -> dict[str, Any]:
    """A case as rectify keeps it: open, due on 25 January 2021."""
    return {
        "_id": "case-1",
        "source": "rating",
        "rating_key": "r1",
        "unit": "tax",
        "rating_day": "2020-12-31",
        "rating_month": "2020-12",
        "named": True,
        "submitted_at": None,
        "rectify_due_at": datetime(2021, 1, 25, 9, tzinfo=UTC),
        "overran": False,
        "callback_due_at": None,
        "reached": None,
        "satisfied": None,
        "replied_at": None,
        "invalidated": False,
        **changes,
    }


def rating(day: str = "2020-12-01", unit: str = "tax", level: int = 5, **changes: Any) -> Document:
    """A rating as the store keeps it, as far as score reads it, pressed at noon."""
    id = uuid.uuid4().hex
    return {
        "_id": id,
        "rating_id": id,
        "day": day,
        "pressed_at": datetime.fromisoformat(f"{day}T12:00+08:00"),
        "unit": unit,
        "window": "w1",
        "channel": "pc",
        "stage": "completed",
        "turn": 1,
        "level": level,
        "standing": "valid",
        "item": "i1",
        "tags": ["110"] if level == 1 else [],
        **({"dissatisfied_day": day} if level in DISSATISFIED else {}),
        **changes,
    }


def touch(db: Db, *places: tuple[str, str]) -> None:
    """Say that these buckets changed."""
    buckets = [list(place) for place in places]
    db["touched"].insert_one({"_id": uuid.uuid4().hex, "buckets": buckets, "at": CUT_OFF})


def store(db: Db, *ratings: Document) -> None:
    """Store ratings as the store does: touch, insert, touch."""
    places = {(each["day"], each["unit"]) for each in ratings}
    touch(db, *places)
    db["ratings"].insert_many(list(ratings))
    touch(db, *places)
