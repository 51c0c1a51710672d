"""The address from which somebody asks, where proxies of ours stand between. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

SITE_BITS = 64
MANY = 4096
"""Addresses that are remembered as they are understood: one network asks again and again."""
Networks = Sequence[IPv4Network | IPv6Network]


def networks(listed: str) -> Networks:
    """Networks as the settings list them, with commas. Raises ValueError for what is none."""
    return [ip_network(each.strip()) for each in listed.split(",") if each.strip()]


def first_stranger(peer: str, forwarded: str, trusted: Networks) -> str:
    """The nearest address on the way of a request that is no proxy of ours.

    `forwarded` is X-Forwarded-For: each proxy adds on the right whom it was asked by, so only what
    our own proxies added can be believed, and what a sender wrote there itself stays to the left.
    """
    nearest = peer
    for hop in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
        if not within(nearest, trusted) or _read(hop) is None:
            break
        nearest = hop
    return nearest


def site(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 in which one host of IPv6 roams."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, SITE_BITS), strict=False))
    return str(found or address)


@lru_cache(maxsize=MANY)
def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def within(address: str, trusted: Networks) -> bool:
    """Whether an address lies in one of these networks; what is none lies in none."""
    found = _read(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found is not None and any((mapped or found) in each for each in trusted)
