"""From where somebody asked, as the portal tells a service behind it."""

from __future__ import annotations

import pytest

from services.adapters.ledger.hop import HOP, LASTS_S, come_from, hop_headers, remember
from services.adapters.ledger.record import Record

KEY, NOW = b"k" * 32, 1_600_000_000


@pytest.fixture
def told() -> str:
    """What the portal tells of a request from 192.0.2.7."""
    remember(Record(KEY, address="192.0.2.7", trace="t1"))
    return hop_headers(NOW)[HOP]


def test_a_service_learns_the_address_and_the_trace(told: str) -> None:
    assert come_from(told, KEY, NOW + 1) == ("t1", "192.0.2.7")


def test_nobody_without_the_key_says_it_and_nobody_says_it_again_later(told: str) -> None:
    assert come_from(told, b"x" * 32, NOW) is None
    assert come_from(told.replace("192.0.2.7", "10.0.0.1"), KEY, NOW) is None
    assert come_from(told, KEY, NOW + LASTS_S + 1) is None
    assert come_from(None, KEY, NOW) is None
    assert come_from("", KEY, NOW) is None


def test_outside_a_request_nothing_is_told() -> None:
    remember(Record())
    assert hop_headers() == {}
