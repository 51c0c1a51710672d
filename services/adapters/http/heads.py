"""Heads of requests that were parsed before: a sender says the same one with every press.

What reads a head is the standard library, made for mail, and takes a twelfth of a press. Here only
what it found is kept, under the very bytes that it has read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

MOST, LONGEST = 500, 1024
KEPT = ("command", "path", "request_version", "requestline", "close_connection", "headers")
"""What a parser says of a request, by the names of http.server."""
Head = Mapping[str, Any]


class Heads:
    """The heads that came last, short ones that post something; each with what was found in it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[bytes, Head] = OrderedDict()

    def known(self, head: bytes) -> Head | None:
        """What was found in these bytes."""
        found = self._known.get(head)
        if found:
            self._known.move_to_end(head)
        return found

    def keep(self, head: bytes, parser: Any) -> None:
        """Keep what a parser has found, unless more than that has to be done each time."""
        if _is_plain(head) and "Expect" not in parser.headers:
            self._known[head] = {name: getattr(parser, name) for name in KEPT}
            while len(self._known) > self._most:
                self._known.popitem(last=False)


def _is_plain(head: bytes) -> bool:
    """Whether it is short, posts something, and ends where every reader of lines sees it end."""
    bare = head.count(b"\n") != head.count(b"\r\n")
    return head.startswith(b"POST ") and len(head) <= LONGEST and not bare
