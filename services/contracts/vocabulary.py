"""The words and codes that every service shares; sources are named beside each table."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Satisfaction as the national 好差评 interface counts it: 5 best, 1 worst.

    GB/T 39046-2020 table A.8 counts the other way (1 best); see `from_gbt39046`.
    """

    VERY_SATISFIED = 5
    SATISFIED = 4
    BASICALLY_SATISFIED = 3
    DISSATISFIED = 2
    VERY_DISSATISFIED = 1

    @classmethod
    def from_gbt39046(cls, code: int) -> Level:
        """Read a 满意度代码 of GB/T 39046-2020 table A.8, where 1 is the best."""
        return cls(6 - code)

    @property
    def gbt39046(self) -> int:
        """The 满意度代码 of GB/T 39046-2020 table A.8, where 1 is the best."""
        return 6 - self.value


DISSATISFIED = frozenset({Level.DISSATISFIED, Level.VERY_DISSATISFIED})
"""Levels so rare that their ratings are found by an index of their own, whatever rules call bad."""
COMPOSITE = "haochaping-composite"
"""The index that is meant where none is named."""


class Channel(StrEnum):
    """Where a rating was given; `pf` codes of the national reporting interface."""

    PC = "pc"
    MOBILE = "mobile"
    QR = "qr"
    TABLET = "tablet"
    TERMINAL = "terminal"
    PHONE = "phone"
    SMS = "sms"

    @property
    def pf(self) -> int:
        """The national `pf` code, 1 (PC端) to 7 (短信)."""
        return list(Channel).index(self) + 1


class Stage(StrEnum):
    """The node of an errand that is rated (`evalProcess`): 受理 or 办结."""

    ACCEPTED = "accepted"
    COMPLETED = "completed"


class Turn(IntEnum):
    """`assessNumber`: the first rating of a service, or the one append (追评)."""

    FIRST = 1
    APPEND = 2


class Standing(StrEnum):
    """Whether a stored rating counts. Nothing is deleted: an invalid one stays, marked."""

    VALID = "valid"
    INVALID = "invalid"


class Invalidity(StrEnum):
    """Why two people decided that a rating does not count: 误评 or 恶意."""

    WRONG = "wrong"
    MALICIOUS = "malicious"


class Mark(StrEnum):
    """A remark on a rating, kept with its reason; it changes no official number."""

    REPEATED = "repeated_press"
    BURST = "burst"
    OUTSIDE_HOURS = "outside_hours"
    STALE = "stale_at_ingest"
    NO_CLOCK = "no_clock"
    LATE = "after_time_to_rate"
    UNKNOWN_ERRAND = "unknown_errand"
    INACTIVE_PLACE = "inactive_place"
    RETIRED_TAG = "retired_tag"
    WRONG_TAG = "wrong_tag"

    @property
    def is_suspicion(self) -> bool:
        """Whether it speaks against the press itself, rather than tell how it was taken."""
        return self in {Mark.REPEATED, Mark.BURST, Mark.OUTSIDE_HOURS, Mark.STALE}


class CaseState(StrEnum):
    """Where a case (差评工单) stands; the moves between them are in `rectify/case.py`."""

    UNDISPATCHED = "undispatched"
    OPENED = "opened"
    VERIFYING = "verifying"
    RECTIFYING = "rectifying"
    AWAITING_CALLBACK = "awaiting_callback"
    APPEAL_REVIEW = "appeal_review"
    CLOSED = "closed"


class CaseSource(StrEnum):
    """What a case was opened for. 差评整改率 counts RATING only."""

    RATING = "rating"
    UNDONE_REPORT = "undone_report"
    HOTLINE_TICKET = "hotline_ticket"
    LETTER = "letter"
    FORCED_REVIEW = "forced_review"


class Closing(StrEnum):
    """How a closed case ended."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNREACHABLE = "unreachable"
    NO_CONTACT = "no_contact"
    INVALIDATED = "invalidated"
