"""The thinking of the store: what a press becomes, or the reason why a person must look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.contracts.directory import Directory
from services.contracts.events import (
    AppendStored,
    BadRatingStored,
    ErrandReported,
    RatingSubmitted,
)
from services.contracts.message import Message
from services.contracts.outbox import entry
from services.contracts.rules import Rules
from services.contracts.vocabulary import Level, Standing, Turn

Document = dict[str, Any]
Bucket = tuple[str, str]
COPIED = frozenset(
    "rating_id fingerprint channel stage source_system errand_number occurrence item window device "
    "staff named contactable has_text sealed pressed_at sent_at received_at submitted_by receipt "
    "linked".split()
)


@dataclass(frozen=True)
class Refusal:
    """Why a press cannot be stored as it is; mend the registry or the sender, then replay."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Intake:
    """What the store knows when a batch arrives. `errand_units`: errand key → unit."""

    directory: Directory
    rules: Rules
    stored_at: datetime
    errand_units: Mapping[str, str]

    def examine(self, press: RatingSubmitted) -> Document | Refusal:
        """The document to insert, with the events that must follow it; or a refusal."""
        unit = self.unit_of(press)
        if isinstance(unit, Refusal):
            return unit
        if press.channel not in self.rules.channels.by_code:
            return Refusal("unknown_channel", f"the rules have no channel {press.channel}")
        return self._document(press, unit)

    def unit_of(self, press: RatingSubmitted) -> str | Refusal:
        """The rated unit: the errand's, else the window's, else the device's, at the press."""
        unknown = self._unknown(press)
        if unknown:
            return unknown
        named = (
            self.errand_units.get(press.errand_key) if press.linked else None,
            press.unit,
            self.directory.window[press.window].unit if press.window else None,
            self.directory.device[press.device].unit if press.device else None,
        )
        unit = next(filter(None, named), None)
        return unit or Refusal("no_unit", "nothing in the press says which unit it is about")

    def _unknown(self, press: RatingSubmitted) -> Refusal | None:
        places: dict[str, Mapping[str, object]] = {
            "unit": self.directory.unit,
            "window": self.directory.window,
            "device": self.directory.device,
        }
        for kind, known in places.items():
            name = getattr(press, kind)
            if name is not None and name not in known:
                return Refusal(f"unknown_{kind}", f"{kind} {name} is not in the registry")
        return None

    def _document(self, press: RatingSubmitted, unit: str) -> Document:
        tags = [code for code in press.tags if self._fits(code, press.level)]
        document = press.model_dump(include=set(COPIED)) | {
            "_id": press.key,
            "level": int(press.level),
            "turn": int(press.turn),
            "linked": press.linked,
            "unit": unit,
            "tags": tags,
            "wrong_tags": [code for code in press.tags if code not in tags],
            "day": local_day(press.pressed_at, self.rules),
            "standing": Standing.VALID.value,
            "marks": list(press.marks),
            "stored_at": self.stored_at,
            "version": 1,
        }
        document |= {"numbered": number} if (number := numbered(press)) else {}
        event = following(press, unit, self.rules)
        return document | ({"outbox": [entry(press.key, 1, 0, event)]} if event else {})

    def _fits(self, code: str, level: Level) -> bool:
        return code in self.rules.tags and self.rules.tags[code].level == level


def numbered(press: RatingSubmitted) -> Document | None:
    """Which press of which device it is; kept only where there is one, for a small index."""
    if press.sequence is None:
        return None
    return {"device": press.device, "epoch": press.epoch, "sequence": press.sequence}


def probe_document(press: RatingSubmitted, examined: Document | Refusal) -> Document:
    """What is kept of a probe: the newest of each channel and level, and why it was refused."""
    refused = examined if isinstance(examined, Refusal) else None
    return {
        "_id": f"{press.submitted_by}:{press.channel}:{int(press.level)}",
        "rating_id": press.rating_id,
        "submitted_by": press.submitted_by,
        "received_at": press.received_at,
        "refused": f"{refused.reason}: {refused.detail}" if refused else None,
    }


def following(press: RatingSubmitted, unit: str, rules: Rules) -> Message | None:
    """The event that must follow the storing of a press: of a bad one, and of every append."""
    if press.turn is Turn.APPEND:
        return AppendStored(
            rating_key=press.key,
            first_key=press.key_of_first,
            level=press.level,
            pressed_at=press.pressed_at,
        )
    if not rules.is_bad(press.level) or not rules.channels.by_code[press.channel].opens_cases:
        return None
    shared = press.model_dump(include=set(BadRatingStored.model_fields) - {"unit"})
    return BadRatingStored(**shared, rating_key=press.key, unit=unit, linked=press.linked)


def local_day(at: datetime, rules: Rules) -> str:
    """The day of an instant in the region, as 2020-03-05."""
    return at.astimezone(rules.region.zone).date().isoformat()


def errand_document(errand: ErrandReported, rules: Rules, stored_at: datetime) -> Document:
    """The document of an errand at a stage."""
    return errand.model_dump() | {
        "_id": errand.key,
        "day": local_day(errand.reached_at, rules),
        "stored_at": stored_at,
        "version": 1,
    }


def buckets(documents: list[Document]) -> list[Bucket]:
    """The (day, unit) buckets whose tallies these documents change."""
    return sorted({(document["day"], document["unit"]) for document in documents})
