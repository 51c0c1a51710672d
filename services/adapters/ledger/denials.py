"""How much is written about what was denied, so that nobody fills the disk by asking. Pure.

The first of a kind within a minute is written, of somebody who is known the first twenty; the rest
of the minute is one entry with a count. Of more kinds at once than `MOST_KINDS` (an attacker with
many addresses) all others are one kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MINUTE_S = 60.0
MOST_KINDS = 500
IN_FULL, IN_FULL_OF_KNOWN = 1, 20
Document = dict[str, Any]
Kind = tuple[str, ...]
OTHERS: Kind = ("others",)


@dataclass
class _Seen:
    ends: float
    times: int = 0
    written: int = 0
    last: Document = field(default_factory=dict)


class Denials:
    """Counts by kind; `now` is of a clock in seconds that only goes forward."""

    def __init__(self) -> None:
        self._seen: dict[Kind, _Seen] = {}

    def is_written(self, kind: Kind, known: bool, entry: Document, now: float) -> bool:
        """Whether this one is written in full; else it is counted."""
        if kind not in self._seen and len(self._seen) >= MOST_KINDS:
            kind = OTHERS
        seen = self._seen.setdefault(kind, _Seen(now + MINUTE_S))
        seen.times += 1
        seen.last = entry
        in_full = seen.times <= (IN_FULL_OF_KNOWN if known else IN_FULL)
        seen.written += in_full
        return in_full

    def ended(self, now: float) -> Iterator[Document]:
        """The entries with the counts of all minutes that are over by `now`."""
        for kind, seen in list(self._seen.items()):
            if seen.ends <= now:
                del self._seen[kind]
                yield from self._counted(kind, seen)

    def _counted(self, kind: Kind, seen: _Seen) -> Iterator[Document]:
        if (more := seen.times - seen.written) > 0:
            address = "others" if kind == OTHERS else seen.last["address"]
            yield {**seen.last, "address": address, "count": more}
