"""What a service asks of another, in the imperative: decisions on a rating flow back."""

from typing import ClassVar, Literal

from services.contracts.message import Message
from services.contracts.vocabulary import Invalidity


class InvalidateRating(Message):
    """Mark a rating as not counting. Decided by two people; idempotent by `command_id`."""

    routing_key: ClassVar[str] = "rating.invalidate"
    command_id: str
    rating_key: str
    reason: Invalidity
    case_id: str
    decided_by: tuple[str, str]


class EraseRater(Message):
    """Erase what is personal about whoever gave a rating, and its append; the press stays.

    By `rating_key` when it is stored; else by `rating_id`, under which it may lie in quarantine.
    `why`: the period of the policy is over, or somebody asked for it. Nothing happens twice.
    """

    routing_key: ClassVar[str] = "rater.erase"
    command_id: str
    rating_id: str
    rating_key: str | None = None
    why: Literal["retention", "request"]


class ReinstateRating(Message):
    """Let an invalid rating count again: a supervisor has overturned the invalidation."""

    routing_key: ClassVar[str] = "rating.reinstate"
    command_id: str
    rating_key: str
    case_id: str
    decided_by: tuple[str]
