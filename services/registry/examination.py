"""Examines the audit against itself and its anchors, and anchors where its chains end, daily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.adapters.anchors import Anchors
from services.contracts.anchors import Summary, Top, fault_of
from services.contracts.audit import PARTS
from services.contracts.auditing import Examination, Fault, Place, anchor_fault
from services.contracts.ledger import GENESIS
from services.registry.auditlog import AuditLog

AT_ONCE = 2000


def anchor_all(anchors: Anchors, log: AuditLog, day: date) -> Summary:
    """Anchor where every chain has come to, and sum the day up."""
    heads = ((part, log.head(part)) for part in PARTS)
    tops = (anchors.add(part, [head] if head else [], day) for part, head in heads)
    return anchors.end(day, [top for top in tops if top])


@dataclass(frozen=True)
class Examiner:
    """Examines one part after the other, `AT_ONCE` entries at a time."""

    key: bytes
    log: AuditLog
    anchors: Anchors

    def next(
        self, part: str, after: int, elsewhere: Top | None
    ) -> tuple[int, list[Fault], int | None]:
        """How many entries follow number `after`, what is wrong with them, and where to go on.

        The end of the chain and its anchors are examined with the last entries. `elsewhere` is the
        part's anchor in a summary that was kept outside the database.
        """
        seal = self.log.seal(part, after) if after else GENESIS
        examination = Examination(self.key, part, Place(after, seal or GENESIS))
        entries = self.log.after(part, after, AT_ONCE)
        faults = list(examination.faults(entries))
        if len(entries) == AT_ONCE:
            return len(entries), faults, examination.place.number
        if wrong := examination.end_fault(self.log.end(part)):
            faults.append(wrong)
        return len(entries), [*faults, *self._anchored(part, elsewhere)], None

    def _anchored(self, part: str, elsewhere: Top | None) -> list[Fault]:
        anchors, last = self.anchors.of(part), self.anchors.last()
        tops = [top for top in (*(last.tops if last else ()), elsewhere) if top]
        wrong = fault_of(self.key, anchors, (top for top in tops if top.part == part))
        if last and not last.is_genuine(self.key):
            wrong = wrong or f"the summary of {last.day} was edited"
        heads = [(head, each["day"]) for each in anchors for head in each["heads"]]
        anchored = {head["version"]: (head["seal"], day) for head, day in heads}
        seals = self.log.seals(part, anchored)
        return [*anchor_fault(part, anchored, seals), *_told(part, wrong)]


def _told(part: str, wrong: str | None) -> Sequence[Fault]:
    return [Fault(part, 0, wrong)] if wrong else []
