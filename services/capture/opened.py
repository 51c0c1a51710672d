"""What was in a raw letter, and what must be on the bus before the letter is done."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.adapters.bus import Letter, Outgoing, packed
from services.adapters.bus.settling import Settled, copies
from services.adapters.outcome import Never
from services.capture.forms import RatingForm
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from services.contracts.message import Envelope
from services.contracts.vouching import Sender

KIND = RatingForm.__name__
Item = dict[str, Any]
WAYS, REPLAYED = {topology.MQTT: "mqtt", topology.RAW: "amqp"}, "replayed"


@dataclass(frozen=True)
class Opened:
    """A letter of a known sender: for each item in it an event, or why nobody can use it."""

    letter: Letter
    items: tuple[Item, ...]
    results: tuple[RatingSubmitted | Never, ...]
    senders: tuple[Sender, ...] = ()

    @property
    def events(self) -> list[RatingSubmitted]:
        """What goes to the store."""
        return [result for result in self.results if isinstance(result, RatingSubmitted)]

    def refused(self, at: datetime) -> Iterator[Outgoing]:
        """What goes to the dead letters, one by one with its reason and its sender."""
        id = receipt_of(self.letter)
        for item, result, sender in zip(self.items, self.results, self.senders, strict=True):
            if isinstance(result, Never):
                envelope = Envelope(id=id, type=KIND, trace=id, sent_at=at, items=(item,))
                for copy in copies(
                    topology.CAPTURE_RAW.name, Settled(self.letter, (result,), envelope)
                ):
                    yield replace(copy, headers={**copy.headers, **sender.headers})


def counted(letters: Sequence[Letter], read: Sequence[Opened | Never]) -> Counter[tuple[str, str]]:
    """How many presses came which way, and what became of them here."""
    found: Counter[tuple[str, str]] = Counter()
    for letter, each in zip(letters, read, strict=True):
        way = WAYS.get(letter.exchange, REPLAYED)
        events, all = (len(each.events), len(each.results)) if isinstance(each, Opened) else (0, 1)
        found.update({(way, "accepted"): events, (way, "refused"): all - events})
    return found


def receipt_of(letter: Letter) -> str:
    """The same for each delivery of one letter, so that a redelivery is no resend."""
    parts = (letter.exchange, letter.routing_key, letter.id or "")
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + letter.body).hexdigest()[:32]


def outgoing(opened: Sequence[Opened], at: datetime) -> Iterator[Outgoing]:
    """What must be on the bus before the letters are done; each keeps its own trace."""
    for each in opened:
        yield from packed(each.events, receipt_of(each.letter))
        if len(each.events) < len(each.results):
            yield from each.refused(at)
