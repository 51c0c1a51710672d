"""Whose address counts where proxies stand between: never what the sender wrote itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.origin import first_stranger, networks, site

PROXIES = networks("10.0.0.0/8, 127.0.0.1/32")
PROXY, STRANGER = "10.1.2.3", "203.0.113.7"


@given(st.text(max_size=60))
def test_without_proxies_nothing_that_is_sent_along_is_believed(forwarded: str) -> None:
    assert first_stranger(STRANGER, forwarded, ()) == STRANGER
    assert first_stranger(STRANGER, forwarded, PROXIES) == STRANGER


@given(st.lists(st.sampled_from(["198.51.100.1", "10.9.9.9", "localhost", ""]), max_size=5))
def test_behind_a_proxy_it_is_whom_the_proxy_saw_whatever_the_sender_wrote_before(
    written: list[str],
) -> None:
    assert first_stranger(PROXY, ", ".join([*written, STRANGER]), PROXIES) == STRANGER


def test_several_proxies_of_ours_are_passed_through() -> None:
    assert first_stranger(PROXY, f"8.8.8.8, {STRANGER}, 10.0.0.9", PROXIES) == STRANGER
    assert first_stranger(PROXY, "10.0.0.8, 10.0.0.9", PROXIES) == "10.0.0.8"
    assert first_stranger(PROXY, "", PROXIES) == PROXY
    assert first_stranger(PROXY, "no address", PROXIES) == PROXY
    assert first_stranger("::ffff:10.1.2.3", STRANGER, PROXIES) == STRANGER


@pytest.mark.parametrize(
    ("address", "same_as"),
    [
        (STRANGER, STRANGER),
        (f"::ffff:{STRANGER}", STRANGER),
        ("2001:DB8::1", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_a_host_has_one_site(address: str, same_as: str) -> None:
    assert site(address) == same_as
