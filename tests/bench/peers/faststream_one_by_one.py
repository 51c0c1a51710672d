"""The same consumer as FastStream with async pymongo, one by one, prefetch 500, 500 at a time."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError

from services.contracts.message import Envelope
from services.contracts.topology import STORE_RATINGS
from tests.bench.peers.kombu_loop import document_of

PREFETCH = 500
broker = RabbitBroker(
    os.environ["AMQP_URI"], default_channel=Channel(prefetch_count=PREFETCH), logger=None
)
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
    os.environ["MONGO_URI"], w="majority", maxPoolSize=PREFETCH
)
ratings = client[os.environ["MONGO_DATABASE"]]["ratings"]
queue = RabbitQueue(STORE_RATINGS.name, queue_type=QueueType.QUORUM, declare=False)


@broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
async def store(envelope: Envelope) -> None:
    """Store one rating; a redelivery changes nothing."""
    try:
        await ratings.insert_one(document_of(envelope))
    except DuplicateKeyError:
        return


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
