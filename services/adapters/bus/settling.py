"""Turns outcomes into the confirmed copies that must exist before a letter is acknowledged."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from services.adapters.bus.deliveries import Letter
from services.adapters.bus.outgoing import Outgoing
from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts import topology
from services.contracts.message import Envelope

REASON = "haoping-reason"
QUEUE = "haoping-queue"
ATTEMPT = "haoping-attempt"


@dataclass(frozen=True)
class Settled:
    """A letter and the outcome of each of its items (a raw letter has one)."""

    letter: Letter
    outcomes: tuple[Outcome, ...]
    envelope: Envelope | None = None

    @property
    def attempt(self) -> int:
        """How often the letter has been put off before."""
        return self.envelope.attempt if self.envelope else int(self.letter.headers.get(ATTEMPT, 0))


def copies(queue: str, settled: Settled) -> Iterator[Outgoing]:
    """One copy for each group of items with the same fate; nothing for what is done."""
    fates: dict[Outcome, list[int]] = {}
    for position, outcome in enumerate(settled.outcomes):
        if not isinstance(outcome, Done):
            fates.setdefault(outcome, []).append(position)
    for outcome, positions in fates.items():
        yield _copy(queue, settled, outcome, positions)


def _copy(queue: str, settled: Settled, outcome: Outcome, positions: list[int]) -> Outgoing:
    reason = outcome.reason if isinstance(outcome, Later | Never) else ""
    delay = topology.delay_after(settled.attempt) if isinstance(outcome, Later) else None
    headers = {REASON: reason, QUEUE: queue, ATTEMPT: str(settled.attempt + 1)}
    if settled.envelope is None:
        headers |= settled.letter.origin
    exchange = topology.DEAD if delay is None else topology.delay_exchange(delay)
    id = str(uuid.uuid4())
    return Outgoing(exchange, queue, _body(settled, positions, id), id, headers)


def _body(settled: Settled, positions: list[int], id: str) -> bytes:
    """Only the items that share the fate; a letter nobody could read is copied as it is."""
    if settled.envelope is None:
        return settled.letter.body
    items = tuple(settled.envelope.items[position] for position in positions)
    return settled.envelope.retrying(items, id).model_dump_json().encode()
