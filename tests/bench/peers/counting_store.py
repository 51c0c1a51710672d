"""The store itself, which writes down how many ratings it has handled; a byte for each.

With BENCH_SINK=null its database takes nothing: what is left is the bus and the thinking.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import eventlet

eventlet.monkey_patch()

from nameko.cli.main import main  # noqa: E402

from services.store.marking import Sightings  # noqa: E402
from services.store.quarantine import Quarantine  # noqa: E402
from services.store.repository import Fate, Ratings  # noqa: E402

COUNTED = os.open(os.environ["BENCH_COUNTED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
RUN = ["nameko", "run", "--config", "config/services.yaml", "services.store.service:Store"]


def nothing(*_: Any) -> None:
    """Take it, and keep nothing."""


def all_stored(self: Ratings, documents: Sequence[Any]) -> list[Fate]:
    """Say that all of them are stored."""
    return [Fate.STORED] * len(documents)


def counting() -> None:
    """Have every batch counted once it is inserted; or take it for inserted."""
    inserted = Ratings.insert
    if os.environ.get("BENCH_SINK") == "null":
        inserted = all_stored
        for kind, name in ((Ratings, "_touch"), (Sightings, "note"), (Quarantine, "close")):
            setattr(kind, name, nothing)

    def counted(self: Ratings, documents: Sequence[Any]) -> list[Fate]:
        fates = inserted(self, documents)
        os.write(COUNTED, bytes(len(documents)))
        return fates

    Ratings.insert = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    counting()
    sys.argv = RUN
    main()
