"""A rating that can be given once, however often its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.capture.repository import LinkUses
from services.contracts.events import RatingSubmitted
from services.errors import Gone

Make = Callable[[datetime], RatingSubmitted]
Publish = Callable[[RatingSubmitted], None]


def publish_once(uses: LinkUses, now: datetime, make: Make, publish: Publish, used: str) -> str:
    """Publish what `make` makes of a time of the press; returns the id of the rating.

    The first use names that time, so that a double submit says the same and is absorbed.
    Raises Gone with the words of `used` when something else was said before.
    """
    id = make(now).rating_id
    first = uses.begin(id, now)
    same = make(first.pressed_at)
    if first.content is None:
        publish(same)
        uses.end(id, same.fingerprint)
    elif first.content != same.fingerprint:
        raise Gone(used)
    return id
