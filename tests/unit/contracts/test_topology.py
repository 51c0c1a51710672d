"""The flow as a value: every message has a queue, and patience is longer than a weekend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import topology
from services.contracts.message import Message
from services.contracts.topology import MESSAGE_TYPES, WORK_QUEUES, exchange_of


@pytest.mark.parametrize("kind", MESSAGE_TYPES.values(), ids=MESSAGE_TYPES)
def test_every_message_has_a_queue_on_its_exchange(kind: type[Message]) -> None:
    exchanges = {queue.exchange for queue in WORK_QUEUES if kind in queue.messages}
    assert exchanges == {exchange_of(kind)}


@pytest.mark.parametrize("queue", WORK_QUEUES, ids=lambda queue: queue.name)
def test_no_work_queue_can_lose_a_message(queue: topology.Queue) -> None:
    arguments = queue.arguments
    assert arguments["x-delivery-limit"] >= 100
    assert arguments["x-dead-letter-exchange"] == topology.DEAD
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"


def test_patience_outlasts_an_offline_weekend() -> None:
    waits = [topology.delay_after(attempt) or 0 for attempt in range(topology.MAX_ATTEMPTS)]
    assert sum(waits) > 64 * 3600


@given(st.integers(topology.MAX_ATTEMPTS, 10_000))
def test_patience_ends(attempt: int) -> None:
    assert topology.delay_after(attempt) is None
