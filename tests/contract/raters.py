"""Raters who are to be forgotten: their presses, their cases, and what is left of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from services.adapters.mongo import Db
from services.adapters.privacy import load_privacy
from services.adapters.receipts import Receipts
from services.adapters.registry import ADMINISTRATOR
from services.adapters.settings import ROOT
from services.contracts.actor import Actor, Role
from services.contracts.commands import EraseRater
from services.contracts.events import BadRatingStored
from services.contracts.receipts import receipt_of
from services.contracts.rectification import rating_case_id
from services.rectify import hearing
from services.rectify.accusing import accused
from services.rectify.desk import make_move
from services.rectify.erasing import EraseForm, Eraser
from services.rectify.facts import Command
from services.rectify.figures import figures
from services.rectify.opening import opened
from services.rectify.raters import Erasures, Objections, Rated
from services.rectify.repository import Cases
from services.score.repository import Tallies
from services.store import erasing
from services.store.batch import Storing
from services.store.intake import Intake
from tests.county import press
from tests.hall import Plain
from tests.unit.rectify.county import DIRECTORY, KEY, MONDAY, RULES, actor, office

PRIVACY = load_privacy(ROOT / "config")
PERSONAL = {"name": "王小明", "phone": "13800001234", "comment": "等了三小时"}
LATER = MONDAY + timedelta(days=PRIVACY.keep_days.case + 2)
ADMIN = Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))
RECEIPTS = Receipts(KEY, lambda *_: None, "127.0.0.1")


def store(db: Db, *presses: Any) -> None:
    """Store presses the way the service does, and let rectify hear of the bad ones."""
    intake = Intake(DIRECTORY, RULES, MONDAY, {})
    Storing.on(db, intake, lambda each: Plain().seal({"text": each.model_dump_json()})).store(
        presses
    )
    for rating in db["ratings"].find({"outbox.type": "BadRatingStored"}):
        item = rating["outbox"][0]["item"]
        hearing.hear(Cases(db, KEY, RULES), office(), BadRatingStored.model_validate(item))


def pressed(level: int = 1, at: datetime = MONDAY, **more: Any) -> Any:
    """A press of somebody with a name."""
    known = {"named": True, "contactable": True, "has_text": True, "phone_hash": "hash"}
    times = {"pressed_at": at, "received_at": at}
    return press(level=level, sealed=Plain().seal(PERSONAL), **known, **times, **more)


def act(db: Db, id: str, lines: str) -> None:
    """Officers move the case."""
    cases = Cases(db, KEY, RULES)
    says: dict[str, dict[str, Any]] = {
        "submit": {"text": "已向王小明道歉"},
        "callback": {"result": "satisfied"},
    }
    for line in lines.split(", "):
        by, move, *more = line.split()
        asked = {
            "command_id": f"{move}{more}",
            "move": move,
            "expected_version": cases.shown(id)["version"],
        }
        command = Command.model_validate(asked | says.get(move, {}))
        make_move(cases, office(), actor(by), id, command)


def closed(db: Db, **more: Any) -> tuple[Any, str]:
    """A bad press, and its case, seen through to its end."""
    bad = pressed(window="w1", **more)
    store(db, bad)
    id = rating_case_id(KEY, bad.key)
    act(db, id, "li claim, li verify, li submit, he callback")
    return bad, id


def eraser(db: Db, now: datetime = MONDAY) -> Eraser:
    """What erases."""
    return Eraser(Cases(db, KEY, RULES), Rated(db), Objections(db), Erasures(db), office(now))


def orders(db: Db) -> list[EraseRater]:
    """What the store was told."""
    found = db["erasures"].find()
    return [EraseRater.model_validate(each["outbox"][0]["item"]) for each in found]


def carried_out(db: Db, now: datetime = MONDAY) -> list[Any]:
    """The store obeys."""
    return [erasing.obey(command, db, now) for command in orders(db)]


def asked(**more: str) -> EraseForm:
    """Somebody asks."""
    return EraseForm(command_id=str(uuid.uuid4()), reason="the rater wrote to us", **more)


def personal(db: Db) -> list[Any]:
    """Whatever is personal in ratings and quarantine."""
    fields = ("sealed", "phone_hash", "personal_day")
    documents: Iterable[Any] = [*db["ratings"].find(), *db["quarantine"].find()]
    return [each[name] for each in documents for name in fields if each.get(name) is not None]


def counts(db: Db) -> Any:
    """The tallies, counted anew, and the figures of the cases."""
    tallies, first, last = Tallies(db), date(2020, 1, 1), date(2020, 12, 31)
    tallies.recompute()
    cells = tallies.cells(first, last, frozenset(DIRECTORY.unit))
    return cells, figures(list(db["cases"].find()), MONDAY)


def told_of_force(db: Db, press: Any) -> str:
    """With the receipt of a press somebody tells that a good rating was asked for; the case."""
    cases, there = Cases(db, KEY, RULES), office()
    forced = accused(Rated(db).first(press.rating_id) or {}, there)
    cases.open(opened(forced, there))
    return forced.id


def receipt_code(press: Any) -> str:
    """The code with which its rater comes."""
    receipt = receipt_of(KEY, press.rating_id, "http://x")
    assert receipt
    return receipt.code
