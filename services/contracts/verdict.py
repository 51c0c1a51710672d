"""How a case (差评工单) stands at a cut-off, whatever happens to it later. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """Done and overdue are due; pending and invalidated are in no rate and printed beside."""

    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"
    OVERDUE_OPEN = "overdue_open"
    PENDING = "pending"
    INVALIDATED = "invalidated"


DONE = frozenset({Verdict.DONE_ON_TIME, Verdict.DONE_LATE})
DUE = DONE | {Verdict.OVERDUE_OPEN}
READ = (
    "rating_key invalidated submitted_at overran rectify_due_at named replied_at reached "
    "callback_due_at satisfied"
).split()
"""The fields of a case that a month reads."""


@dataclass(frozen=True)
class CaseAtCutOff:
    """A case of a bad rating as the month counts it.

    `callback_due`, `reached`, `answered` and `satisfied` speak of the call-back (回访), `replied`
    of the answer in writing (回复). A case under appeal counts as valid.
    """

    id: str
    rating_key: str | None
    verdict: Verdict
    named: bool = False
    replied: bool = False
    callback_due: bool = False
    reached: bool = False
    answered: bool = False
    satisfied: bool = False

    @property
    def valid(self) -> bool:
        """Whether the rating behind it still counts."""
        return self.verdict is not Verdict.INVALIDATED

    @property
    def due(self) -> bool:
        """Whether rectifying was due: done, or overdue and open."""
        return self.verdict in DUE

    @property
    def done(self) -> bool:
        """Whether it was rectified, on time or late."""
        return self.verdict in DONE

    @classmethod
    def of(cls, case: Mapping[str, Any], cut_off: datetime) -> Self:
        """Read a document of `cases` as it stands at `cut_off`."""
        reached = bool(case["reached"])
        return cls(
            id=case["_id"],
            rating_key=case["rating_key"],
            verdict=verdict(case, cut_off),
            named=case["named"],
            replied=_by(case["replied_at"], cut_off),
            callback_due=reached or _by(case["callback_due_at"], cut_off),
            reached=reached,
            answered=case["satisfied"] is not None,
            satisfied=bool(case["satisfied"]),
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The value that `asdict` made plain."""
        return cls(**{**plain, "verdict": Verdict(plain["verdict"])})

    def plain(self) -> dict[str, Any]:
        """What a document keeps."""
        return {**asdict(self), "verdict": self.verdict.value}


def _by(moment: datetime | None, cut_off: datetime) -> bool:
    return moment is not None and moment <= cut_off


def verdict(case: Mapping[str, Any], cut_off: datetime) -> Verdict:
    """Done on time or late by the last submit, overdue and open, pending, or invalidated.

    The on-time clock stops at the last `submit`; while the clock stands still (appeal review) there
    is no due time and nothing is overdue. A case that overran an earlier round is never on time.
    """
    due = case["rectify_due_at"]
    if case["invalidated"]:
        return Verdict.INVALIDATED
    if _by(case["submitted_at"], cut_off):
        late = case["overran"] or (due is not None and case["submitted_at"] > due)
        return Verdict.DONE_LATE if late else Verdict.DONE_ON_TIME
    overdue = case["overran"] or (due is not None and due < cut_off)
    return Verdict.OVERDUE_OPEN if overdue else Verdict.PENDING
