"""What a batch may acknowledge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.bus.deliveries import Letter
from services.adapters.bus.receiving import acknowledgeable


def letters(*tags: int) -> list[Letter]:
    """Letters with these delivery tags."""
    return [Letter(tag, b"", {}, "store.ratings", None) for tag in tags]


def test_a_batch_that_follows_the_last_is_acknowledged_up_to_its_end() -> None:
    assert acknowledgeable(0, letters(1, 2, 3)) == 3
    assert acknowledgeable(3, letters(4)) == 4


@given(st.permutations(range(1, 7)), st.integers(0, 5))
def test_a_tag_is_never_acknowledged_past_an_unfinished_one(order: list[int], missing: int) -> None:
    tags = order[:missing] + order[missing + 1 :]
    if tags == list(range(1, len(tags) + 1)):
        assert acknowledgeable(0, letters(*tags)) == len(tags)
    else:
        with pytest.raises(ConnectionError, match="do not follow"):
            acknowledgeable(0, letters(*tags))
