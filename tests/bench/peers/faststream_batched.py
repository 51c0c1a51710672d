"""What a careful FastStream user would write: presses gathered by hand, stored by insert_many."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from pymongo import AsyncMongoClient
from pymongo.errors import BulkWriteError

from services.contracts.message import Envelope
from services.contracts.topology import STORE_RATINGS
from services.store.intake import buckets
from tests.bench.peers.kombu_loop import document_of

SIZE, WITHIN_S = 1000, 0.04
broker = RabbitBroker(
    os.environ["AMQP_URI"], default_channel=Channel(prefetch_count=2 * SIZE), logger=None
)
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGO_URI"], w="majority")
db = client[os.environ["MONGO_DATABASE"]]
queue = RabbitQueue(STORE_RATINGS.name, queue_type=QueueType.QUORUM, declare=False)
waiting: asyncio.Queue[tuple[dict[str, Any], RabbitMessage]] = asyncio.Queue()


@broker.subscriber(queue, ack_policy=AckPolicy.MANUAL)
async def gather(envelope: Envelope, message: RabbitMessage) -> None:
    """Validate one press; it is acknowledged with its batch."""
    await waiting.put((document_of(envelope), message))


async def store_for_ever() -> None:
    """Store a batch, then acknowledge its presses."""
    while True:
        batch = [await waiting.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                while len(batch) < SIZE:
                    batch.append(await waiting.get())
        await insert([document for document, _ in batch])
        for _, message in batch:
            await message.ack()


async def insert(documents: list[dict[str, Any]]) -> None:
    """Insert, and say before and after which tallies it changes."""
    touched = [list(bucket) for bucket in buckets(documents)]
    mark = {"buckets": touched, "at": documents[0]["stored_at"]}
    await db["touched"].insert_one({"_id": str(uuid.uuid4()), **mark})
    with suppress(BulkWriteError):
        await db["ratings"].insert_many(documents, ordered=False)
    await db["touched"].insert_one({"_id": str(uuid.uuid4()), **mark})


@asynccontextmanager
async def storing() -> AsyncIterator[None]:
    """The task beside the broker."""
    task = asyncio.create_task(store_for_ever())
    yield
    task.cancel()


if __name__ == "__main__":
    asyncio.run(FastStream(broker, lifespan=storing).run())
