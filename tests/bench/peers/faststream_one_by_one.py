"""The same consumer as FastStream with async pymongo, one by one, prefetch 500, 500 at a time.

With BENCH_TOUCHES it writes what the store writes: before and after a rating, the tallies that it
changes. Without, the rating alone.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from contextlib import suppress
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError

from services.contracts.message import Envelope
from services.contracts.topology import STORE_RATINGS
from services.store.intake import buckets
from tests.bench.peers.kombu_loop import document_of

PREFETCH = 500
broker = RabbitBroker(
    os.environ["AMQP_URI"], default_channel=Channel(prefetch_count=PREFETCH), logger=None
)
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
    os.environ["MONGO_URI"], w="majority", maxPoolSize=PREFETCH
)
db = client[os.environ["MONGO_DATABASE"]]
TOUCHES = bool(os.environ.get("BENCH_TOUCHES"))
queue = RabbitQueue(STORE_RATINGS.name, queue_type=QueueType.QUORUM, declare=False)


@broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
async def store(envelope: Envelope) -> None:
    """Store one rating; a redelivery changes nothing."""
    document = document_of(envelope)
    await touch(document)
    with suppress(DuplicateKeyError):
        await db["ratings"].insert_one(document)
    await touch(document)


async def touch(document: dict[str, Any]) -> None:
    """Say which tallies the rating changes."""
    if TOUCHES:
        named = [list(bucket) for bucket in buckets([document])]
        at = document["stored_at"]
        await db["touched"].insert_one({"_id": str(uuid.uuid4()), "buckets": named, "at": at})


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
