"""The check of tallies: buckets are recounted from the ratings, differences told and repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from services.adapters.mongo import Db
from services.score.kept import Kept, Place
from services.score.repository import Tallies, insert_once
from services.score.tally import Bucket

NOBODY_WORKS_SO_LONG = timedelta(hours=2)
MOST_TOLD = 200


@dataclass(frozen=True)
class Difference:
    """A bucket that did not hold what the ratings say: how many it had, and how many there are."""

    day: str
    unit: str
    had: int
    has: int
    repaired: bool


@dataclass(frozen=True)
class Audit:
    """What a check found: how many buckets there are, how many were recounted, what differed.

    `kept` are the buckets as they stand after it.
    """

    first: date
    last: date
    buckets: int
    recounted: int
    differences: tuple[Difference, ...] = field(default=())
    kept: tuple[Kept, ...] = field(default=(), repr=False, compare=False)

    def __add__(self, other: Audit) -> Audit:
        """Both together; the buckets themselves are let go."""
        return Audit(
            min(self.first, other.first),
            max(self.last, other.last),
            self.buckets + other.buckets,
            self.recounted + other.recounted,
            self.differences + other.differences,
        )

    def plain(self) -> dict[str, Any]:
        """What is kept and shown; the first `MOST_TOLD` differences by name."""
        told = [asdict(each) for each in self.differences[:MOST_TOLD]]
        counts = {"buckets": self.buckets, "recounted": self.recounted}
        days = {"first": f"{self.first}", "last": f"{self.last}"}
        return {**days, **counts, "differing": len(self.differences), "differences": told}


def audit(
    tallies: Tallies, first: date, last: date, bad: frozenset[int], everything: bool = False
) -> Audit:
    """Recount the buckets of these days that changed since a check has confirmed them, or all.

    With each that is confirmed stand the keys of its ratings of the `bad` levels.

    A bucket that is being changed just now is left to the recount that its touch asks for.
    """
    kept = {(each.day, each.unit): each for each in tallies.between(first, last)}
    suspects = {place for place, each in kept.items() if everything or each.checked != each.version}
    if everything:
        suspects |= tallies.places_rated(first, last)
    counted = tallies.recount(sorted(suspects))
    moving = tallies.touched_now() if suspects else frozenset[Place]()
    still = [
        (bucket, kept.get(_place(bucket))) for bucket in counted if _place(bucket) not in moving
    ]
    right = (each for bucket, each in still if each and each.text == bucket.packed())
    kept |= {(each.day, each.unit): each for each in tallies.confirm(right, bad)}
    wrong = [(bucket, each) for bucket, each in still if not _agrees(bucket, each)]
    found = tuple(_repaired(tallies, bucket, each) for bucket, each in wrong)
    again = tuple(tallies.between(first, last)) if found else tuple(kept.values())
    return Audit(first, last, len(kept), len(suspects), found, again)


def _place(bucket: Bucket) -> Place:
    return bucket.day, bucket.unit


def _agrees(bucket: Bucket, kept: Kept | None) -> bool:
    return kept is not None and kept.text == bucket.packed()


def _repaired(tallies: Tallies, bucket: Bucket, kept: Kept | None) -> Difference:
    had = kept.bucket.cells.total() if kept else 0
    done = tallies.repair(bucket, kept.version if kept else 0)
    return Difference(bucket.day, bucket.unit, had, bucket.cells.total(), done)


class Audits:
    """The nightly checks, one a day for all replicas together, and what they found."""

    def __init__(self, db: Db) -> None:
        self._audits = db["tally_checks"]

    def claim(self, night: date, now: datetime) -> bool:
        """Whether the check of this night is the caller's to make; a dead one's is taken over."""
        if insert_once(self._audits, {"_id": f"{night}", "state": "running", "at": now}):
            return True
        stuck = {"state": "running", "at": {"$lt": now - NOBODY_WORKS_SO_LONG}}
        taken = self._audits.update_one({"_id": f"{night}", **stuck}, {"$set": {"at": now}})
        return taken.modified_count == 1

    def report(self, night: date, found: Audit) -> None:
        """Keep what the check of a night found."""
        told = {"state": "done", **found.plain()}
        self._audits.update_one({"_id": f"{night}"}, {"$set": told})

    def latest(self, limit: int = 30) -> Iterator[dict[str, Any]]:
        """The last nights, newest first."""
        found = sorted(self._audits.find({}), key=lambda each: str(each["_id"]), reverse=True)
        for each in found[:limit]:
            at = each.pop("at")
            yield {"night": each.pop("_id"), "at": at.isoformat(), **each}
