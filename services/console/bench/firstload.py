"""What a browser fetches that has never been here: a page and all it names, as it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import httpx

NAMED = {
    "text/html": re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/[^"]+)"'),
    "text/css": re.compile(r"url\(['\"]?([^'\")]+)['\"]?\)"),
    "text/javascript": re.compile(r'^(?:import|export)\b[^"]*"(\.{0,2}/[^"]+)"', re.MULTILINE),
}
"""How a file names another one, by its type: styles, scripts and pictures, and what these need."""
KEPT = re.compile(r"^const FILES = \[(.*)\];$", re.MULTILINE)
"""What a service worker fetches for later; the names are plain, so JSON is not needed."""


def wire_bytes(client: httpx.Client, *addresses: str) -> int:
    """Bytes of the bodies of these addresses and of all that they name, each fetched once."""
    waiting, seen, total = list(addresses), set(addresses), 0
    while waiting:
        address = waiting.pop()
        answer = client.get(address).raise_for_status()
        total += answer.num_bytes_downloaded
        new = [each for each in named(answer, address) if each not in seen]
        seen.update(new)
        waiting += dict.fromkeys(new)
    return total


def named(answer: httpx.Response, address: str) -> Iterator[str]:
    """The addresses that an answer names, without those inside it (`data:`)."""
    kind, text = answer.headers.get("content-type", "").partition(";")[0], answer.text
    found = [each[1] for each in NAMED[kind].finditer(text)] if kind in NAMED else []
    kept = [name for each in KEPT.findall(text) for name in re.findall(r'"([^"]+)"', each)]
    for each in (*found, *kept):
        if not each.startswith("data:"):
            yield urljoin(address, each)
