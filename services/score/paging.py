"""What happened over days, page by page: a page ends where it is full, be that within a day. Pure.

A region has tens of thousands of ratings on a day, and a page of all of them is read by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile
from typing import Any, Self

from services.contracts.period import a_day

SPLIT = "~"
Document = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a page begins: on this day, with the first key after this one."""

    day: date
    after: str = ""

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Raises NotADay for what is no place; `2026-10-05` is where a day begins."""
        day, _, after = cursor.partition(SPLIT)
        return cls(a_day(day), after)

    def __str__(self) -> str:
        return f"{self.day}{SPLIT}{self.after}" if self.after else f"{self.day}"


Ask = Callable[[Place, int], Sequence[Document]]
"""What follows a place on its day, in the order of keys, at most so much of it."""


def page(
    days: Iterable[date], begins: Place | None, ask: Ask, most: int
) -> tuple[list[Document], Place | None]:
    """At most so many documents of these days from a place on, and where the next page begins."""
    found: list[Document] = []
    for day in dropwhile(lambda each: begins is not None and each < begins.day, days):
        place = begins if begins and begins.day == day else Place(day)
        room = most - len(found)
        documents = ask(place, room + 1)
        found += documents[:room]
        if len(documents) > room:
            return found, Place(day, documents[room - 1]["_id"]) if room else place
    return found, None
