"""What was sent and confirmed against what is kept: the invariants of the system, pure.

Every complaint is a sentence; no complaint means that nothing was lost and nothing doubled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
BAD = frozenset({1, 2})


@dataclass
class Sent:
    """What the bench did: presses by rating id with their level, and moves by command id."""

    levels: dict[str, int] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    commands: dict[str, str] = field(default_factory=dict)
    """Confirmed commands, each with the case that it moved."""


@dataclass(frozen=True)
class Kept:
    """What the database holds, and what the services answer of it."""

    ratings: Sequence[Document]
    quarantined: frozenset[str]
    cases: Sequence[Document]
    tallied: Mapping[tuple[str, str, int], int]
    """By day, unit and level."""
    published: Any = None
    published_before: Any = None
    broken: tuple[str, ...] = ()
    """Chains (audit, histories of cases) that are not whole, in words."""


@dataclass(frozen=True)
class Complaint:
    """Something that must never be: its kind, and what it is about."""

    kind: str
    about: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"


def complaints(sent: Sent, kept: Kept) -> list[Complaint]:
    """Everything that is wrong."""
    return [
        Complaint(kind, about)
        for kind, abouts in (
            ("lost", _lost(sent, kept)),
            ("doubled", _doubled(kept)),
            ("invented", _invented(sent, kept)),
            ("without a case", _without_case(kept)),
            ("case without a rating", _groundless(kept)),
            ("escalated twice", _escalated_twice(kept)),
            ("escalated unsaid", _escalated_unsaid(kept)),
            ("command lost", _commands_lost(sent, kept)),
            ("command applied twice", _commands_doubled(kept)),
            ("tally differs", _tallies(kept)),
            ("published changed", _published(kept)),
            ("chain broken", kept.broken),
        )
        for about in sorted(abouts)
    ]


def _lost(sent: Sent, kept: Kept) -> set[str]:
    """Confirmed, and neither stored nor in quarantine."""
    return sent.confirmed - {each["rating_id"] for each in kept.ratings} - kept.quarantined


def _doubled(kept: Kept) -> set[str]:
    counted = Counter(each["rating_id"] for each in kept.ratings)
    return {id for id, count in counted.items() if count > 1}


def _invented(sent: Sent, kept: Kept) -> set[str]:
    """Stored, and nobody sent it like this."""
    return {
        each["rating_id"]
        for each in kept.ratings
        if sent.levels.get(each["rating_id"]) != each["level"]
    }


def _bad(kept: Kept) -> set[str]:
    return {each["_id"] for each in kept.ratings if each["level"] in BAD and each["turn"] == 1}


def _without_case(kept: Kept) -> set[str]:
    return _bad(kept) - {each["rating_key"] for each in kept.cases}


def _groundless(kept: Kept) -> set[str]:
    """A case of nothing, or the second one of a rating."""
    counted = Counter(each["rating_key"] for each in kept.cases)
    twice = {key for key, count in counted.items() if count > 1}
    return twice | (counted.keys() - _bad(kept))


def _moves(case: Document) -> list[str]:
    return [str(line["move"]) for line in case["history"]]


def _escalated_twice(kept: Kept) -> set[str]:
    rungs = Counter(f"{each['_id']} {rung}" for each in kept.cases for rung in each["escalations"])
    return {rung for rung, count in rungs.items() if count > 1}


def _escalated_unsaid(kept: Kept) -> set[str]:
    """A rung that the case has come to, without a line in its history, or the other way round."""
    return {
        str(each["_id"])
        for each in kept.cases
        if sum(move.startswith("escalate:") for move in _moves(each)) != len(each["escalations"])
    }


def _commands(case: Document) -> Counter[str]:
    return Counter(str(each["id"]).partition("/")[2] for each in case["commands"])


def _commands_lost(sent: Sent, kept: Kept) -> set[str]:
    made = {each["_id"]: _commands(each) for each in kept.cases}
    return {id for id, case in sent.commands.items() if id not in made.get(case, ())}


def _commands_doubled(kept: Kept) -> set[str]:
    return {id for each in kept.cases for id, count in _commands(each).items() if count > 1}


def _tallies(kept: Kept) -> set[str]:
    """Sums that differ from counting the ratings again."""
    counted = Counter((each["day"], each["unit"], each["level"]) for each in kept.ratings)
    return {
        f"{day} {unit} level {level}: {counted[day, unit, level]} ratings, {told} in the tally"
        for day, unit, level in counted.keys() | kept.tallied.keys()
        if (told := kept.tallied.get((day, unit, level), 0)) != counted[day, unit, level]
    }


def _published(kept: Kept) -> list[str]:
    return (
        [] if kept.published == kept.published_before else ["the published month reads otherwise"]
    )
