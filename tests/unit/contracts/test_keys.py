"""What ratings are called: a first rating and its append find each other."""

from __future__ import annotations

from typing import Any

import pytest

from services.contracts.keys import append_key, first_key
from services.contracts.vocabulary import Turn
from tests.county import linked, press

RATING = "5b7e6c1c-9a53-4b0e-8a2e-0d7a4a6f1f00"


def kept(submitted: Any) -> dict[str, Any]:
    """What is read of it to know its key."""
    return {
        "_id": submitted.key,
        "rating_id": submitted.rating_id,
        "turn": submitted.turn,
        "appends": submitted.appends,
    }


@pytest.mark.parametrize(
    ("first", "append"),
    [
        (linked("A1"), linked("A1", turn=Turn.APPEND)),
        (press(rating_id=RATING), press(turn=Turn.APPEND, appends=RATING)),
    ],
)
def test_a_rating_and_its_append_are_each_known_by_the_other(first: Any, append: Any) -> None:
    assert append_key(kept(first)) == append.key
    assert first_key(kept(append)) == append.key_of_first == first.key
    assert first_key(kept(first)) == first.key
