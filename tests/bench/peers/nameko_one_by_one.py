"""The same consumer as plain nameko: @consume, validate, insert_one, acknowledged one by one."""

from __future__ import annotations

import os
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
from tests.bench.peers.kombu_loop import document_of  # noqa: E402

DB = connect(os.environ["MONGO_URI"], os.environ["MONGO_DATABASE"])
QUEUE = Queue(STORE_RATINGS.name, no_declare=True, queue_arguments=STORE_RATINGS.arguments)


class OneByOne:
    """Stores each rating as it comes."""

    name = "one_by_one"

    @consume(QUEUE, requeue_on_error=True)  # type: ignore[untyped-decorator]
    def store(self, body: dict[str, Any]) -> None:
        """Store one rating; a redelivery changes nothing."""
        try:
            DB["ratings"].insert_one(document_of(Envelope.model_validate(body)))
        except DuplicateKeyError:
            return


def main() -> None:
    """Run until ended."""
    config = {"AMQP_URI": os.environ["AMQP_URI"], "max_workers": 10}
    container = ServiceContainer(OneByOne, config)
    container.start()
    container.wait()


if __name__ == "__main__":
    main()
