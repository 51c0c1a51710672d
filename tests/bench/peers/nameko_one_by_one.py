"""The same consumer as plain nameko: @consume, validate, insert_one, acknowledged one by one.

With BENCH_TOUCHES it writes what the store writes: before and after a rating, the tallies that it
changes. Without, the rating alone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import eventlet

eventlet.monkey_patch()

from kombu import Queue  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from nameko.messaging import consume  # noqa: E402
from pymongo.errors import DuplicateKeyError  # noqa: E402

from services.adapters.mongo import connect  # noqa: E402
from services.contracts.message import Envelope  # noqa: E402
from services.contracts.topology import STORE_RATINGS  # noqa: E402
from services.store.intake import buckets  # noqa: E402
from services.store.repository import Ratings  # noqa: E402
from tests.bench.peers.kombu_loop import document_of  # noqa: E402

DB = connect(os.environ["MONGO_URI"], os.environ["MONGO_DATABASE"])
TOUCHES = bool(os.environ.get("BENCH_TOUCHES"))
QUEUE = Queue(STORE_RATINGS.name, no_declare=True, queue_arguments=STORE_RATINGS.arguments)


class OneByOne:
    """Stores each rating as it comes."""

    name = "one_by_one"

    @consume(QUEUE, requeue_on_error=True)  # type: ignore[untyped-decorator]
    def store(self, body: dict[str, Any]) -> None:
        """Store one rating; a redelivery changes nothing."""
        document = document_of(Envelope.model_validate(body))
        touched = buckets([document]) if TOUCHES else []
        with suppress(DuplicateKeyError), Ratings(DB).touching(touched, document["stored_at"]):
            DB["ratings"].insert_one(document)


def main() -> None:
    """Run until ended."""
    config = {"AMQP_URI": os.environ["AMQP_URI"], "max_workers": 10}
    container = ServiceContainer(OneByOne, config)
    container.start()
    container.wait()


if __name__ == "__main__":
    main()
