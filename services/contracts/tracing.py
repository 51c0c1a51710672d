"""What follows a request from service to service: W3C Trace Context (Recommendation, level 1).

`traceparent` goes with HTTP requests, `traceresponse` (level 2, a draft) comes back to the sender.
https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Self

TRACEPARENT, TRACERESPONSE = "traceparent", "traceresponse"
SAMPLED = 1
MOST = 100
"""Of very many pieces of work that something came of, so many are told."""
_KNOWN = r"-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
_HEADER = re.compile(rf"00{_KNOWN}")
_OF_LATER_VERSION = re.compile(rf"(?!00|ff)[0-9a-f]{{2}}{_KNOWN}(?:-.*)?")


@dataclass(frozen=True)
class Trace:
    """A trace and one piece of work in it (its span); `sampled`: somebody keeps what is told."""

    id: str
    span: str
    sampled: bool = True

    @classmethod
    def new(cls, sampled: bool = True) -> Self:
        """The begin of a trace that nobody has heard of."""
        drawn = secrets.token_hex(24)
        return cls(drawn[:32], drawn[32:], sampled)

    @classmethod
    def of(cls, header: str | None) -> Self | None:
        """What a `traceparent` says; None when it says nothing that the standard allows."""
        said = header or ""
        found = _HEADER.fullmatch(said) or _OF_LATER_VERSION.fullmatch(said)
        return cls(found[1], found[2], bool(int(found[3], 16) & SAMPLED)) if found else None

    def next(self) -> Self:
        """The next piece of work in the same trace."""
        return type(self)(self.id, secrets.token_hex(8), self.sampled)

    @property
    def header(self) -> str:
        """As `traceparent` and `traceresponse` carry it."""
        return f"00-{self.id}-{self.span}-{int(self.sampled):02x}"


def traces(headers: Iterable[str | None]) -> list[Trace]:
    """What these `traceparent`s say, each once, as far as they say something."""
    told = islice(dict.fromkeys(headers), MOST)
    return [trace for trace in map(Trace.of, told) if trace]
