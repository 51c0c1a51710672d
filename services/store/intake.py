"""The thinking of the store: what a press becomes, or the reason why a person must look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.contracts.directory import Directory, active_at
from services.contracts.events import (
    AppendStored,
    BadRatingStored,
    ErrandReported,
    RatingSubmitted,
)
from services.contracts.message import Message
from services.contracts.outbox import entry
from services.contracts.rules import Rules
from services.contracts.time_to_rate import TimeToRateEnds, rating_ends
from services.contracts.vocabulary import DISSATISFIED, Standing, Turn
from services.store import linking
from services.store.belonging import Belonging, Errand, Refusal, belonging
from services.store.linking import Bucket, Document, errand_of, inherited, opens_case
from services.store.marks import of_press, place_of, wrong_tags

COPIED = (
    "rating_id fingerprint channel stage source_system errand_number occurrence item window device "
    "staff named contactable has_text sealed pressed_at sent_at received_at submitted_by receipt "
    "appends"
).split()


@dataclass(frozen=True)
class Intake:
    """What the store knows when a batch arrives. `errands`: those that its presses name, by key."""

    directory: Directory
    rules: Rules
    stored_at: datetime
    errands: Mapping[str, Errand]

    @cached_property
    def _ends(self) -> TimeToRateEnds:
        return rating_ends(self.rules.region, self.rules.rating.time_to_rate)

    def examine(self, press: RatingSubmitted) -> Document | Refusal:
        """The document to insert, with the events that must follow it; or a refusal."""
        errand = self.errands.get(press.errand_key) if press.linked else None
        found = belonging(press, errand, self.directory)
        if isinstance(found, Refusal):
            return found
        if press.channel not in self.rules.channels.by_code:
            return Refusal("unknown_channel", f"the rules have no channel {press.channel}")
        return self._document(press, found, errand)

    def _document(
        self, press: RatingSubmitted, found: Belonging, errand: Errand | None
    ) -> Document:
        local = press.pressed_at.astimezone(self.rules.region.zone)
        marks = found.marks | of_press(press, errand, local, self.rules, self._ends, self.directory)
        said, wrong = vars(press), wrong_tags(press, self.rules)
        document = {name: said[name] for name in COPIED} | {
            "_id": press.key,
            "level": int(press.level),
            "turn": int(press.turn),
            "linked": press.linked,
            "errand": None,
            "unit": found.unit,
            "tags": [code for code in press.tags if code not in wrong],
            "wrong_tags": wrong,
            "day": local.date().isoformat(),
            "standing": Standing.VALID.value,
            "marks": sorted(marks),
            "why_marked": marks,
            "stored_at": self.stored_at,
            "version": 1,
        }
        if errand:
            document |= inherited(document, errand) | {"errand": errand_of(errand)}
        if number := numbered(press):
            document["numbered"] = number
        if press.level in DISSATISFIED:
            document["dissatisfied_day"] = document["day"]
        document |= personal(press, document["day"])
        event = following(press, document, self.rules)
        return document | ({"outbox": [entry(press.key, 1, 0, event)]} if event else {})


def numbered(press: RatingSubmitted) -> Document | None:
    """Which press of which device it is; kept only where there is one, for a small index."""
    if press.sequence is None:
        return None
    return {"device": press.device, "epoch": press.epoch, "sequence": press.sequence}


def personal(press: RatingSubmitted, day: str) -> Document:
    """What a rating has only while something personal is kept of it: by which it is found."""
    known = {"personal_day": day if press.sealed else None, "phone_hash": press.phone_hash}
    return {name: value for name, value in known.items() if value}


def probe_document(press: RatingSubmitted, examined: Document | Refusal) -> Document:
    """What is kept of a probe: who sent it through which channel, and why it was refused."""
    refused = examined if isinstance(examined, Refusal) else None
    return {
        "_id": press.rating_id,
        "kind": f"{press.submitted_by}:{press.channel}:{int(press.level)}",
        "submitted_by": press.submitted_by,
        "received_at": press.received_at,
        "refused": f"{refused.reason}: {refused.detail}" if refused else None,
    }


def following(press: RatingSubmitted, document: Document, rules: Rules) -> Message | None:
    """The event that must follow the storing of a press: of a bad one, and of every append."""
    if press.turn is Turn.APPEND:
        return AppendStored(
            rating_key=press.key,
            first_key=press.key_of_first,
            level=press.level,
            pressed_at=press.pressed_at,
            traceparent=press.traceparent,
        )
    if not opens_case(document, rules):
        return None
    named = {"rating_key": press.key, "traceparent": press.traceparent}
    return BadRatingStored.model_validate({**document, **named})


def local_day(at: datetime, rules: Rules) -> str:
    """The day of an instant in the region, as 2020-03-05."""
    return at.astimezone(rules.region.zone).date().isoformat()


def errand_document(errand: ErrandReported, rules: Rules, stored_at: datetime) -> Document:
    """The document of an errand at a stage."""
    return errand.model_dump(exclude={"traceparent"}) | {
        "_id": errand.key,
        "day": local_day(errand.reached_at, rules),
        "stored_at": stored_at,
        "version": 1,
    }


def unfit(errand: ErrandReported, directory: Directory) -> str | None:
    """Why an errand cannot be counted: its unit was not there when it reached its stage."""
    if active_at(directory.unit_periods, errand.unit, errand.reached_at):
        return None
    known = errand.unit in directory.unit
    return (
        f"{'inactive' if known else 'unknown'}_unit: unit {errand.unit} is not in the registry at "
        f"{errand.reached_at.isoformat()}; mend the registry, then replay"
    )


def buckets(documents: Iterable[Document]) -> list[Bucket]:
    """The (day, unit) buckets whose tallies these ratings change."""
    return sorted(set[Bucket]().union(*map(linking.buckets, documents)))


def spans(documents: Iterable[Document]) -> dict[str, tuple[datetime, datetime]]:
    """By day, from when to when somebody pressed where one stands to press."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for each in documents:
        if place_of(each["channel"], each["device"], each["window"]) is not None:
            at = each["pressed_at"]
            first, last = found.get(each["day"], (at, at))
            found[each["day"]] = (min(first, at), max(last, at))
    return found
