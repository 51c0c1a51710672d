"""Joins ratings and errands, whichever came first: both sides write, then look for the other.

So of two stores that take an errand and its rating at the same moment, at least one sees both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.adapters.outcome import Later, Never, Outcome
from services.contracts.keys import linked_key
from services.contracts.rules import Rules
from services.contracts.vocabulary import Turn
from services.store.belonging import Errand
from services.store.linking import About, Step, formerly, steps
from services.store.repository import Change, Ratings

TRIES = 5
CHANGED = Later("changed_meanwhile: somebody else changes its rating; trying again")


@dataclass(frozen=True)
class Joining:
    """Brings ratings and errands together, at one moment of business time."""

    ratings: Ratings
    rules: Rules
    now: datetime

    def settle(self, errands: Sequence[Errand]) -> dict[str, Outcome]:
        """Take every step that is left; by key, the errands that are not settled, and why.

        Safe to repeat: the buckets of what was joined before are touched once more.
        """
        for _ in range(TRIES):
            about = self._about(errands)
            found = [step for each in about for step in steps(each, self.rules, self.now)]
            self._take(about, found)
            if not found:
                return dict(_left(about))
        return {each.key: CHANGED for each in errands}

    def _about(self, errands: Sequence[Errand]) -> list[About]:
        firsts = self.ratings.read(map(_first, errands))
        appends = self.ratings.read(_append(each) for each in errands if _first(each) in firsts)
        pointed = self.ratings.read(each.rated_as for each in errands if each.rated_as)
        naming = firsts | appends
        return [
            About(
                each,
                tuple(naming[key] for key in (_first(each), _append(each)) if key in naming),
                pointed.get(each.rated_as or ""),
            )
            for each in errands
        ]

    def _take(self, about: Sequence[About], found: Sequence[Step]) -> None:
        ratings = (rating for each in about for rating in (*each.naming, each.pointed) if rating)
        touched = {bucket for rating in ratings for bucket in formerly(rating)}
        touched |= {bucket for step in found for bucket in step.touches}
        with self.ratings.touching(sorted(touched), self.now):
            self.ratings.change([_change(step) for step in found])


def _first(errand: Errand) -> str:
    return linked_key(errand.key, Turn.FIRST)


def _append(errand: Errand) -> str:
    return linked_key(errand.key, Turn.APPEND)


def _left(about: Iterable[About]) -> Iterator[tuple[str, Outcome]]:
    for each in about:
        if each.contradiction:
            yield each.errand.key, Never(each.contradiction)
        elif each.waits:
            detail = f"rating {each.errand.rated_as}, given about it, is not here yet"
            yield each.errand.key, Later(f"rating_not_here: {detail}")


def _change(step: Step) -> Change:
    expected = {"_id": step.rating["_id"], "version": step.rating["version"]}
    pushed = {"links": step.record, "outbox": {"$each": step.outbox}}
    return expected, {"$set": step.changes, "$inc": {"version": 1}, "$push": pushed}
