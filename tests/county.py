"""A small county for tests: who and what there is, and presses to send."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT, token_hash
from services.contracts.actor import Role
from services.contracts.directory import Device, Directory, Principal, Unit, Window
from services.contracts.events import ErrandReported, RatingSubmitted
from services.contracts.rules import Rules

NOON = datetime(2020, 3, 5, 4, 0, tzinfo=UTC)
"""Noon of Thursday 5 March 2020 in the county."""

RULES: Rules = load_rules(ROOT / "config" / "rules", "weiyuan")
DIRECTORY = Directory(
    version=1,
    units=(
        Unit(id="county", name="县政府"),
        Unit(id="tax", name="税务局", parent="county"),
        Unit(id="land", name="自然资源局", parent="county"),
    ),
    windows=(Window(id="w1", name="1号窗口", hall="大厅", unit="tax"),),
    devices=(Device(id="kiosk-1", name="评价器", unit="land", window="w1"),),
    principals=(
        Principal(
            id="kiosk-1", name="评价器", roles=frozenset({Role.DEVICE}), token_hash=token_hash("k")
        ),
        Principal(
            id="hall", name="大厅系统", roles=frozenset({Role.SYSTEM}), token_hash=token_hash("h")
        ),
    ),
)


def press(**fields: Any) -> RatingSubmitted:
    """A press at window w1, very satisfied, unless told otherwise."""
    rating_id = fields.setdefault("rating_id", str(uuid.uuid4()))
    defaults: dict[str, Any] = {
        "level": 5,
        "channel": "tablet",
        "window": "w1",
        "pressed_at": NOON,
        "received_at": NOON + timedelta(seconds=1),
        "submitted_by": "hall",
        "receipt": str(uuid.uuid4()),
        "fingerprint": f"content of {rating_id}",
    }
    return RatingSubmitted(**(defaults | fields))


def linked(number: str = "A1", **fields: Any) -> RatingSubmitted:
    """A press about errand `number` of the hall's system."""
    return press(source_system="hall", errand_number=number, **fields)


def errand(number: str = "A1", **fields: Any) -> ErrandReported:
    """An errand of the land bureau that was completed this noon."""
    defaults: dict[str, Any] = {
        "source_system": "hall",
        "errand_number": number,
        "stage": "completed",
        "item": "permit",
        "unit": "land",
        "reached_at": NOON,
        "received_at": NOON,
        "submitted_by": "hall",
    }
    return ErrandReported(**(defaults | fields))
