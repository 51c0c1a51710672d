"""Whether the chain of a part of the audit is whole, entry by entry. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.audit import Plain, is_end, moment_fault, name_of
from services.contracts.ledger import GENESIS, SEAL, link


@dataclass(frozen=True)
class Fault:
    """The number of an entry that is not as it was written, and what is wrong with it."""

    part: str
    number: int
    what: str


@dataclass(frozen=True)
class Place:
    """Up to where a chain was examined: the number and the seal of the last entry."""

    number: int = 0
    seal: str = GENESIS


@dataclass
class Examination:
    """Examines one part from a place on; `place` moves with every entry that is read."""

    key: bytes
    part: str
    place: Place

    def faults(self, entries: Iterable[Plain]) -> Iterator[Fault]:
        """What is wrong with the next entries, in the order in which they are kept.

        After a fault it goes on from what is kept, so that one fault is not told many times.
        """
        for entry in entries:
            if wrong := self._fault(entry):
                yield wrong
            self.place = Place(_number(entry), str(entry.get(SEAL)))

    def _fault(self, entry: Plain) -> Fault | None:
        number, expected = _number(entry), self.place.number + 1
        if number != expected:
            last = f"–{number - 1}" if number > expected + 1 else ""
            return Fault(self.part, expected, f"{expected}{last} missing before {number}")
        if (said := entry.get("number")) != number:
            return Fault(self.part, number, f"out of order: it says that it is number {said}")
        content = {name: value for name, value in entry.items() if name != "_id"}
        fits = hmac.compare_digest(link(self.key, self.place.seal, content), str(entry.get(SEAL)))
        named = entry["_id"] == name_of(self.part, number) and entry.get("service") == self.part
        wrong = moment_fault(entry) if fits and named else "was changed"
        return Fault(self.part, number, wrong) if wrong else None

    def end_fault(self, kept: Plain | None) -> Fault | None:
        """What is wrong with the end of the part, given what is kept about where it ends.

        An end that was written a moment before the newest entries is no fault.
        """
        number = self.place.number
        if kept is None:
            return Fault(self.part, number, "its end is gone") if number else None
        if not is_end(self.key, kept):
            return Fault(self.part, number, "its end was changed")
        if kept["number"] > number:
            what = f"cut off at the end: {kept['number']} were written, {number} are kept"
            return Fault(self.part, number + 1, what)
        return None


def anchor_fault(
    part: str, anchored: Mapping[int, tuple[str, Any]], seals: Mapping[int, str]
) -> Iterator[Fault]:
    """Anchored entries that are gone or are others, given the day and the seals that are kept."""
    for number, (seal, day) in sorted(anchored.items()):
        if number not in seals:
            yield Fault(part, number, f"anchored on {day}, and gone")
        elif seals[number] != seal:
            yield Fault(part, number, f"not the entry that was anchored on {day}")


def _number(entry: Plain) -> int:
    return int(str(entry["_id"]).rpartition(":")[2])
