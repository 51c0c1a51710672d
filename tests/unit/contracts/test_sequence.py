"""The rating id of a device's press."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.sequence import NAMESPACE, rating_id

DEVICE = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
COUNT = st.integers(1, 2**53 - 1)
PRESS = st.tuples(DEVICE, COUNT, COUNT)


def test_the_namespace_is_derived_and_not_drawn() -> None:
    assert uuid.uuid5(uuid.NAMESPACE_URL, "urn:haoping:press") == NAMESPACE


def test_integrators_can_check_their_own_computation_against_this() -> None:
    assert str(rating_id("kiosk-1", 3, 17)) == "f36f70a1-c82f-54dc-8c1f-6ac6b0bc437d"


@given(PRESS, PRESS)
def test_no_two_presses_share_an_id(one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
    assert (rating_id(*one) == rating_id(*other)) == (one == other)
