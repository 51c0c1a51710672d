"""The one command that flows back: a rating is marked invalid, and stays."""

from __future__ import annotations

from datetime import datetime

from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts.commands import InvalidateRating
from services.contracts.events import RatingInvalidated
from services.contracts.outbox import entry
from services.contracts.vocabulary import Standing
from services.store.repository import Ratings


def invalidate(command: InvalidateRating, ratings: Ratings, now: datetime) -> Outcome:
    """Mark the rating; the same command again changes nothing (it is known by its id)."""
    rating = ratings.get(command.rating_key)
    if rating is None:
        return Never(f"no_such_rating: {command.rating_key}")
    if rating["standing"] == Standing.INVALID:
        return Done()
    event = RatingInvalidated(**command.model_dump(include=set(RatingInvalidated.model_fields)))
    invalidity = command.model_dump(mode="json") | {"at": now}
    outbox = entry(command.rating_key, rating["version"] + 1, 0, event)
    with ratings.touching([(rating["day"], rating["unit"])], now):
        marked = ratings.invalidate(rating, invalidity, outbox)
    return Done() if marked else Later("changed_meanwhile: somebody else changed the rating")
