"""The floor of the store: the same documents, straight into every collection that it writes."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from services.adapters.mongo import connect
from services.console.bench.load import DIRECTORY, RULES, presses
from services.store.belonging import Refusal
from services.store.intake import Intake, buckets, spans
from services.store.marking import Sightings
from services.store.repository import Ratings

BATCH = 1000


def main() -> None:
    """Insert the presses of a seed; print ratings a second."""
    db = connect(os.environ["MONGO_URI"], os.environ["MONGO_DATABASE"])
    intake = Intake(DIRECTORY, RULES, datetime.now(UTC), {})
    examined = [intake.examine(each) for each in presses(int(os.environ["BENCH_COUNT"]), 1)]
    documents = [each for each in examined if not isinstance(each, Refusal)]
    ratings, sightings = Ratings(db), Sightings(db)
    started = time.monotonic()
    for start in range(0, len(documents), BATCH):
        batch = documents[start : start + BATCH]
        with ratings.touching(buckets(batch), intake.stored_at):
            db["ratings"].insert_many(batch, ordered=False)
        sightings.note(spans(batch))
    print(len(documents) / (time.monotonic() - started))


if __name__ == "__main__":
    main()
