"""Decisions flow back from a case to its rating: it is marked invalid, or counts again."""

from __future__ import annotations

from datetime import datetime

from services.adapters.mongo import Document
from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts.commands import InvalidateRating, ReinstateRating
from services.contracts.events import RatingInvalidated
from services.contracts.outbox import entry
from services.contracts.vocabulary import Standing
from services.store.linking import buckets
from services.store.repository import Ratings

Decision = InvalidateRating | ReinstateRating


def decide(command: Decision, ratings: Ratings, now: datetime) -> Outcome:
    """Carry out a decision once; the same command again, however late, changes nothing."""
    rating = ratings.get(command.rating_key)
    if rating is None:
        return Never(f"no_such_rating: {command.rating_key}")
    if command.command_id in {each["command_id"] for each in rating.get("decisions", ())}:
        return Done()
    invalid = isinstance(command, InvalidateRating)
    standing = Standing.INVALID if invalid else Standing.VALID
    decision = command.model_dump(mode="json") | {"standing": standing.value, "at": now}
    with ratings.touching(sorted(buckets(rating)), now):
        carried_out = ratings.decide(rating, decision, _following(command, rating["version"] + 1))
    return Done() if carried_out else Later("changed_meanwhile: somebody else changed the rating")


def _following(command: Decision, version: int) -> list[Document]:
    """The event that must follow: rectify waits for it before the case shows the mark."""
    if not isinstance(command, InvalidateRating):
        return []
    event = RatingInvalidated(**command.model_dump(include=set(RatingInvalidated.model_fields)))
    return [entry(command.rating_key, version, 0, event)]
