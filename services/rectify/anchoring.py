"""Anchors where histories end, and examines histories against their anchors."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from itertools import chain

from services.adapters.anchors import Anchors
from services.adapters.mongo import Document
from services.contracts.anchors import Head, Summary, Top, fault_of, latest
from services.rectify.document import SLOTS, slot
from services.rectify.examining import cut, fault, gone
from services.rectify.repository import Cases

LEDGER = "cases"
Fault = tuple[str, str]


def anchor_all(anchors: Anchors, cases: Cases, day: date) -> Summary:
    """Anchor every history that has grown since the last time, and sum the day up."""
    tops = (anchors.add(str(part), cases.heads(part), day) for part in range(SLOTS))
    return anchors.end(day, [top for top in tops if top])


@dataclass(frozen=True)
class Examiner:
    """Examines histories; whoever asks sees the faults of what lies within `scope`."""

    key: bytes
    cases: Cases
    anchors: Anchors
    scope: Set[str]

    def one(self, id: str) -> list[Fault]:
        """What is wrong with the history of one case."""
        anchored = latest(self.anchors.of(str(slot(id)))).get(id)
        wrong = self._fault(self.cases.whole_case(id), anchored)
        return [(id, wrong)] if wrong else []

    def part(self, part: int, elsewhere: Top | None) -> tuple[int, list[Fault]]:
        """How many histories of a part were examined, and what is wrong with them, or gone.

        `elsewhere` is the part's anchor in a summary that was kept outside the database.
        """
        anchors, kept = self.anchors.of(str(part)), self.cases.whole(part)
        known = latest(anchors)
        seen = [each for each in kept if not self.scope.isdisjoint(each["seen_from"])]
        found = ((each["_id"], self._fault(each, known.get(each["_id"]))) for each in seen)
        lost = sorted(known.keys() - {each["_id"] for each in kept})
        every = chain(
            ((id, wrong) for id, wrong in found if wrong),
            ((id, gone(known[id])) for id in lost),
            self._anchors_of(part, anchors, elsewhere),
        )
        return len(seen), list(every)

    def _fault(self, document: Document, anchored: Head | None) -> str | None:
        return fault(self.key, document) or cut(anchored, document)

    def _anchors_of(
        self, part: int, anchors: list[Document], elsewhere: Top | None
    ) -> Iterator[Fault]:
        last = self.anchors.last()
        if part == 0 and last and not last.is_genuine(self.key):
            yield f"{LEDGER} {last.day}", "the summary of the day was edited"
        tops = [top for top in (*(last.tops if last else ()), elsewhere) if top]
        own = (top for top in tops if top.part == str(part))
        if wrong := fault_of(self.key, anchors, own):
            yield f"{LEDGER}/{part}", wrong
