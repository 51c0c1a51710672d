"""The floor of CPU: consume with kombu, validate, insert in batches, acknowledge. Nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from kombu import Connection

from services.adapters.mongo import connect
from services.console.bench.load import DIRECTORY, RULES
from services.contracts.events import RatingSubmitted
from services.contracts.message import Envelope
from services.store.belonging import Refusal
from services.store.intake import Intake

BATCH = 256


def main() -> None:
    """Empty the queue, then wait to be ended."""
    db = connect(os.environ["MONGO_URI"], os.environ["MONGO_DATABASE"])
    held: list[Any] = []
    with Connection(os.environ["AMQP_URI"]) as connection:
        channel = connection.default_channel
        channel.basic_qos(0, BATCH, False)
        channel.basic_consume(os.environ["BENCH_QUEUE"], callback=held.append)
        left = int(os.environ["BENCH_COUNT"])
        while True:
            try:
                connection.drain_events(timeout=1)
            except TimeoutError:
                continue
            if len(held) >= min(BATCH, left):
                db["ratings"].insert_many([document(each.body) for each in held], ordered=False)
                channel.basic_ack(held[-1].delivery_tag, multiple=True)
                left -= len(held)
                held.clear()


def document(body: bytes) -> dict[str, Any]:
    """The document of the one press in a message."""
    return document_of(Envelope.model_validate_json(body))


def document_of(envelope: Envelope) -> dict[str, Any]:
    """The same, of what was read already."""
    [item] = envelope.items
    intake = Intake(DIRECTORY, RULES, datetime.now(UTC), {})
    made = intake.examine(RatingSubmitted.model_validate(item))
    if isinstance(made, Refusal):
        raise TypeError(made)
    return made


if __name__ == "__main__":
    main()
