"""Webhooks out: one POST to an address that was looked up and allowed, never to where it redirects.

The address is pinned: what was checked is what is spoken to, whatever the name says a moment later.
Unless networks are named only public addresses are allowed: a name that leads into the intranet, to
this machine or to the metadata of a cloud is how a subscriber would have us ask for it (CWE-918).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import eventlet
import httpx
from nameko.extensions import DependencyProvider

from services.adapters.settings import networks_of
from services.adapters.trust import context, trusting
from services.contracts.origin import Networks

NETWORKS = "HAOPING_WEBHOOK_NETWORKS"
TIMEOUT_S, WITHIN_S = 10.0, 20.0
"""For each step, and for all of it: an answer that comes a byte at a time holds nobody up."""
Address = IPv4Address | IPv6Address
NAT64 = ip_network("64:ff9b::/96")
"""RFC 6052: behind such an address a gateway speaks to the IPv4 address in its last 32 bits."""


@dataclass(frozen=True)
class Answer:
    """What came of a try: `gone` says that the receiver wants nothing more (410)."""

    delivered: bool
    detail: str
    gone: bool = False


class Sender:
    """Sends webhooks to addresses within `networks`, or to public ones when there are none."""

    def __init__(self, networks: Networks, trusted: ssl.SSLContext | None = None) -> None:
        self._networks = networks
        self._client = httpx.Client(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=trusted or trusting()
        )

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Try once. Never raises: what went wrong is in the answer."""
        try:
            with eventlet.Timeout(WITHIN_S, TimeoutError):
                return self._post(httpx.URL(url), headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(False, f"{type(error).__name__}: {error}"[:200])

    def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        address = self._address_of(url)
        if address is None:
            return Answer(False, f"{url.host} is not within {NETWORKS}{self._hint}")
        host = url.netloc.decode("ascii")
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            headers={**headers, "Host": host, "User-Agent": "haoping"},
            content=body,
            extensions={"sni_hostname": url.host},
        )
        response = self._client.send(request, stream=True)
        response.close()
        gone = response.status_code == HTTPStatus.GONE
        return Answer(response.is_success, f"HTTP {response.status_code}", gone)

    def _address_of(self, url: httpx.URL) -> str | None:
        """The first address of the host, if all that it has are allowed."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        return addresses[0] if all(map(self._allows, addresses)) else None

    def _allows(self, address: str) -> bool:
        at = _meant(ip_address(address.partition("%")[0]))
        if self._networks:
            return any(at in network for network in self._networks)
        return at.is_global and not at.is_multicast

    @property
    def _hint(self) -> str:
        return "" if self._networks else ", which is empty and so allows public addresses only"

    def close(self) -> None:
        """Close what connections are kept."""
        self._client.close()


def _meant(at: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does; else itself."""
    if isinstance(at, IPv4Address):
        return at
    within = IPv4Address(int(at) & 0xFFFFFFFF) if at in NAT64 else None
    return at.ipv4_mapped or at.sixtofour or (at.teredo or (None, None))[1] or within or at


class Webhooks(DependencyProvider):
    """Gives workers the sender; `HAOPING_WEBHOOK_NETWORKS` says where it may send to."""

    sender: Sender

    def setup(self) -> None:
        """Read the allowed networks."""
        config = self.container.config
        self.sender = Sender(networks_of(config, NETWORKS), context(config))

    def stop(self) -> None:
        """Close the connections."""
        self.sender.close()

    def get_dependency(self, worker_ctx: object) -> Sender:
        """The sender."""
        return self.sender
