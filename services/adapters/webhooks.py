"""Webhooks out: one POST to an address that was looked up and allowed, never to where it redirects.

The address is pinned: what was checked is what is spoken to, whatever the name says a moment later.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import httpx
from nameko.extensions import DependencyProvider

from services.errors import Misconfigured

TIMEOUT_S = 10.0
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Answer:
    """What came of a try: `gone` says that the receiver wants nothing more (410)."""

    delivered: bool
    detail: str
    gone: bool = False


class Sender:
    """Sends webhooks to addresses within `networks`, or to every address when there are none."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks
        self._client = httpx.Client(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=True
        )

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Try once. Never raises: what went wrong is in the answer."""
        try:
            return self._post(httpx.URL(url), headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(False, f"{type(error).__name__}: {error}"[:200])

    def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        address = self._address_of(url)
        if address is None:
            return Answer(False, f"{url.host} is not within HAOPING_WEBHOOK_NETWORKS")
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
        at = ip_address(address)
        at = getattr(at, "ipv4_mapped", None) or at
        return not self._networks or any(at in network for network in self._networks)

    def close(self) -> None:
        """Close what connections are kept."""
        self._client.close()


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks in CIDR notation, parted by commas. Raises Misconfigured for what is none."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise Misconfigured(f"HAOPING_WEBHOOK_NETWORKS: {error}") from None


class Webhooks(DependencyProvider):
    """Gives workers the sender; `HAOPING_WEBHOOK_NETWORKS` says where it may send to."""

    sender: Sender

    def setup(self) -> None:
        """Read the allowed networks."""
        text: Any = self.container.config.get("HAOPING_WEBHOOK_NETWORKS") or ""
        self.sender = Sender(networks_of(str(text)))

    def stop(self) -> None:
        """Close the connections."""
        self.sender.close()

    def get_dependency(self, worker_ctx: object) -> Sender:
        """The sender."""
        return self.sender
