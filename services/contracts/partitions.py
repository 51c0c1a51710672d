"""Partitions: the queue of ratings as several, since a queue has no more than one processor.

With one partition nothing is spread. With more, what would go to `store.ratings` goes to a
consistent-hash exchange, which chooses the queue by what a rating is about, so that an append
follows its first rating. Whoever publishes knows nothing of it: exchange and key stay the same.

Order is no reason for partitions, nor for a single consumer of each: the store is idempotent, and
an append that overtakes its first rating is put off. Any store consumes every partition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from services.contracts.topology import BINDINGS, STORE_RATINGS

SPREAD = "haoping.ratings"
SPREAD_TYPE = "x-consistent-hash"
"""Of RabbitMQ's plugin rabbitmq_consistent_hash_exchange; its routing keys are weights."""
HASHED_BY = "haoping-about"
SPREAD_ARGUMENTS = {"hash-header": HASHED_BY}
WEIGHT = "1"
MOST = 8
[WHOLE] = [each for each in BINDINGS if each[1] == STORE_RATINGS.name]
"""The binding by which ratings get to their queue when nothing is spread."""


def partitions_of(queue: str, number: int = MOST) -> tuple[str, ...]:
    """Where messages for a work queue may wait: in the queue itself and in its further partitions.

    There are as many as there may ever be, or the first `number` of them.
    """
    further = range(2, number + 1) if queue == STORE_RATINGS.name else ()
    return (queue, *(f"{queue}.{each}" for each in further))


@dataclass(frozen=True)
class Spreading:
    """How ratings are spread over so many partitions."""

    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MOST:
            raise ValueError(f"{self.number} partitions; there may be 1 to {MOST}")

    @property
    def queues(self) -> dict[str, dict[str, Any]]:
        """Every partition and its broker arguments."""
        names = partitions_of(STORE_RATINGS.name, self.number)
        return {name: replace(STORE_RATINGS, name=name).arguments for name in names}

    @property
    def retired(self) -> tuple[str, ...]:
        """Partitions that get nothing any more, and are consumed until they are empty."""
        return partitions_of(STORE_RATINGS.name)[self.number :]
