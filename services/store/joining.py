"""Joins ratings and errands, whichever came first: both sides write, then look for the other.

So of two stores that take an errand and its rating at the same moment, at least one sees both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from pymongo import UpdateOne

from services.adapters.mongo import Db, Document, by_ids
from services.adapters.outcome import Later, Never, Outcome
from services.contracts.rules import Rules
from services.contracts.vocabulary import Turn
from services.store.belonging import Errand
from services.store.linking import About, Step, formerly, steps
from services.store.repository import Change, Ratings, insert_new

KNOWN = dict.fromkeys(Errand._fields, 1)
TRIES = 5
CHANGED = Later("changed_meanwhile: somebody else changes its rating; trying again")


class Errands:
    """The errands that were reported. The first report of each stays as it was, but for the rating
    that was given about it: of that one learns later.
    """

    def __init__(self, db: Db) -> None:
        self._errands = db["errands"]

    def insert(self, documents: Sequence[Document]) -> list[Errand]:
        """Insert what is new; each errand as it stands then."""
        taken = set(insert_new(self._errands, documents))
        self._point([documents[n] for n in taken])
        new = (each for n, each in enumerate(documents) if n not in taken)
        before = by_ids(self._errands, {documents[n]["_id"] for n in taken}, KNOWN)
        standing = {each["_id"]: Errand.of(each) for each in chain(new, before)}
        return list(standing.values())

    def _point(self, again: Iterable[Document]) -> None:
        """Note the rating in errands that were reported before there was one."""
        pointing = [
            UpdateOne(
                {"_id": each["_id"], "rated_as": None}, {"$set": {"rated_as": each["rated_as"]}}
            )
            for each in again
            if each["rated_as"]
        ]
        if pointing:
            self._errands.bulk_write(pointing, ordered=False)

    def known(self, keys: Iterable[str]) -> dict[str, Errand]:
        """By key, those that were reported."""
        return {each["_id"]: Errand.of(each) for each in by_ids(self._errands, keys, KNOWN)}


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
    return f"{errand.key}:{int(Turn.FIRST)}"


def _append(errand: Errand) -> str:
    return f"{errand.key}:{int(Turn.APPEND)}"


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
