"""The tallies that score owns: buckets of (day, unit), recounted and guarded by a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from pymongo import ReplaceOne, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.adapters.mongo import AT_ONCE, Db, Document, Index, by_days, by_ids, taken
from services.contracts.period import days_between
from services.contracts.tracing import MOST as MOST_TRACES
from services.contracts.tracing import Trace, traces
from services.contracts.vocabulary import Standing
from services.score.editions import Editions
from services.score.errands import rated_errands, rating_keys, served
from services.score.kept import Kept, Place, Stale
from services.score.tally import Bucket, Cell, combined

INDEXES = {
    "tallies": (Index(("day", "unit")),),
    "month_snapshots": (Index(("part_of",), sparse=True),),
    "imports": (Index(("period",)),),
}
MOST_COUNTED = 1000
MOST_TOUCHES = 5000
"""Touches read for one recount: under load they name the same buckets again and again."""
CATCHING_UP = 5
FEW = 1000
"""So many buckets are looked up one by one rather than among all of their days."""
KIND = "day unit window channel stage turn level standing item tags marks".split()
ERRAND = ("unit", "window", "stage", "reached_at", "promised_by", "rated_as")


class Tallies:
    """The buckets of (day, unit): recomputed from ratings and errands, never incremented."""

    def __init__(self, db: Db) -> None:
        self._tallies, self._touched = db["tallies"], db["touched"]
        self._ratings, self._errands = db["ratings"], db["errands"]
        self._editions = Editions(db)

    @property
    def fresh(self) -> bool:
        """Whether every rating that was stored is in its bucket."""
        return self._touched.find_one({}, {"_id": 1}) is None

    def waiting(self) -> tuple[int, datetime | None]:
        """How many notes of what was touched wait to be recounted, and when the oldest is from."""
        notes = self._touched.find({}, {"at": 1}, limit=MOST_COUNTED)
        times = [each["at"] for each in notes]
        return len(times), min(times, default=None)

    def recompute(self) -> int:
        """Bring every touched bucket up to date; how many were. Safe on any number of replicas."""
        done = 0
        while stale := self.stale():
            replaced = self.replace(stale, self.recount(stale.versions))
            done += len(replaced)
            if len(replaced) < len(stale.versions) or len(stale.touched) < MOST_TOUCHES:
                break
        return done

    def catch_up(self) -> None:
        """Recompute until nothing is touched; a few times, for another replica may be at it too."""
        for _ in range(CATCHING_UP):
            self.recompute()
            if self.fresh:
                break

    def stale(self) -> Stale | None:
        """What is to be recounted, or None. Versions are read before any rating is."""
        touched = {
            each["_id"]: frozenset((day, unit) for day, unit in each["buckets"])
            for each in self._touched.find({}, limit=MOST_TOUCHES)
        }
        if not touched:
            return None
        places = frozenset[Place]().union(*touched.values())
        return Stale(touched, dict.fromkeys(places, 0) | self._versions(places))

    def touched_now(self) -> frozenset[Place]:
        """Buckets that somebody has said to be changing."""
        documents = self._touched.find({}, {"buckets": 1})
        return frozenset((day, unit) for each in documents for day, unit in each["buckets"])

    def traces(self) -> list[Trace]:
        """Of which work the notes of what was touched came; of some, where there are many."""
        notes = self._touched.find({}, {"traceparent": 1}, limit=MOST_TRACES)
        return traces(each.get("traceparent") for each in notes)

    def _versions(self, places: Iterable[Place]) -> dict[Place, int]:
        ids = (Bucket(*place).id for place in places)
        found = by_ids(self._tallies, ids, {"day": 1, "unit": 1, "version": 1})
        return {(each["day"], each["unit"]): each["version"] for each in found}

    def recount(self, places: Iterable[Place]) -> list[Bucket]:
        """All cubes of these buckets, counted anew, day by day.

        Reads the buckets asked for and no others, unless they are most of a day anyway.
        """
        buckets = {place: Bucket(*place) for place in places}
        for day, units in _by_day(buckets).items():
            some = {"unit": {"$in": units}} if len(units) <= AT_ONCE else {}
            self._count_ratings({"day": day, **some}, buckets)
            self._count_errands({"day": day, **some}, buckets)
        return list(buckets.values())

    def _count_ratings(self, wanted: Document, buckets: Mapping[Place, Bucket]) -> None:
        for group in self._ratings.aggregate(_grouped(wanted)):
            kind = group["_id"]
            bucket = buckets.get((kind["day"], kind["unit"]))
            if bucket:
                cell = Cell.of(kind.get("window"), *(kind[code] for code in KIND[3:8]))
                tags, marks = kind.get("tags") or (), kind.get("marks") or ()
                bucket.add(cell, kind.get("item"), tags, group["n"], marks)

    def _count_errands(self, wanted: Document, buckets: dict[Place, Bucket]) -> None:
        by_unit: dict[str, list[Document]] = {}
        for errand in self._errands.find(wanted, dict.fromkeys(ERRAND, 1)):
            by_unit.setdefault(errand["unit"], []).append(errand)
        for unit, errands in by_unit.items():
            if bucket := buckets.get((wanted["day"], unit)):
                found = by_ids(self._ratings, rating_keys(errands), {"errand": 1})
                rated = rated_errands(errands, {each["_id"]: each for each in found})
                buckets[bucket.day, unit] = replace(bucket, errands=served(errands, rated))

    def replace(self, stale: Stale, buckets: Sequence[Bucket]) -> frozenset[Place]:
        """Replace what nobody has replaced since; forget the touches that are thereby settled.

        Returns the buckets replaced. One that another replica was faster with stays touched.
        """
        lost = self._lost([_replacement(b, stale.versions[b.day, b.unit]) for b in buckets])
        self._editions.renew(each.day for each in buckets)
        beaten = frozenset((buckets[n].day, buckets[n].unit) for n in lost)
        settled = [id for id, places in stale.touched.items() if not places & beaten]
        for start in range(0, len(settled), AT_ONCE):
            self._touched.delete_many({"_id": {"$in": settled[start : start + AT_ONCE]}})
        return frozenset(stale.versions) - beaten

    def _lost(self, writes: Sequence[ReplaceOne[Document]]) -> list[int]:
        """Positions of the guarded writes that came too late; some at a time, each bounded."""
        starts = range(0, len(writes), AT_ONCE)
        return [
            start + position
            for start in starts
            for position in self._lost_of(list(writes[start : start + AT_ONCE]))
        ]

    def _lost_of(self, writes: list[ReplaceOne[Document]]) -> list[int]:
        try:
            self._tallies.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            return taken(error)
        return []

    def between(
        self, first: date, last: date, units: frozenset[str] | None = None
    ) -> Iterator[Kept]:
        """The buckets of these days, both inside; of some units, or of all.

        Those of a few units are read by their ids: a month of everybody else is not looked at.
        """
        days = list(days_between(first, last))
        if units is not None and len(units) * len(days) <= FEW:
            ids = (Bucket(f"{day}", unit).id for day in days for unit in sorted(units))
            return map(Kept.of, by_ids(self._tallies, ids))
        found = by_days(self._tallies, days)
        return (Kept.of(each) for each in found if units is None or each["unit"] in units)

    def places_rated(self, first: date, last: date) -> frozenset[Place]:
        """Every day and unit with a rating or an errand, whether or not it has a bucket.

        Asked day by day, so that no single question grows with the month.
        """
        days = map(str, days_between(first, last))
        return frozenset(
            (day, each["_id"])
            for day in days
            for kind in (self._ratings, self._errands)
            for each in kind.aggregate([{"$match": {"day": day}}, {"$group": {"_id": "$unit"}}])
        )

    def told(self, kept: Kept, bad: frozenset[int]) -> Kept:
        """The bucket with the keys of its bad and invalid first ratings; others are not read."""
        if not kept.is_telling(bad):
            return replace(kept, bad=(), invalid=(), told_of=bad)
        here = {"day": kept.day, "unit": kept.unit}
        found = self._ratings.find(here, {"level": 1, "standing": 1, "turn": 1})
        firsts = sorted((r for r in found if r["turn"] == 1), key=lambda each: str(each["_id"]))
        invalid = tuple(r["_id"] for r in firsts if r["standing"] == Standing.INVALID)
        standing = (r for r in firsts if r["standing"] != Standing.INVALID)
        keys = tuple(r["_id"] for r in standing if r["level"] in bad)
        return replace(kept, bad=keys, invalid=invalid, told_of=bad)

    def confirm(self, kept: Iterable[Kept], bad: frozenset[int]) -> list[Kept]:
        """Note that these versions are right; a bucket that has changed since is left alone.

        Returns them with the keys behind their bad and invalid ratings, which are noted with them.
        """
        told = [replace(self.told(each, bad), checked=each.version) for each in kept]
        for start in range(0, len(told), AT_ONCE):
            writes = [_confirmation(each) for each in told[start : start + AT_ONCE]]
            self._tallies.bulk_write(writes, ordered=False)
        return told

    def repair(self, bucket: Bucket, version: int) -> bool:
        """Put the recount in place of `version`; False when somebody has replaced it since."""
        lost = self._lost([_replacement(bucket, version, checked=True)])
        self._editions.renew([bucket.day])
        return not lost

    def cells(self, first: date, last: date, units: frozenset[str] | None) -> Counter[Cell]:
        """The first cube of these days, of some units or of all."""
        return combined(each.bucket.cells for each in self.between(first, last, units))


def _confirmation(kept: Kept) -> UpdateOne:
    keys = {"bad": kept.bad, "invalid": kept.invalid, "told_of": sorted(kept.told_of)}
    only_if = {"_id": Bucket(kept.day, kept.unit).id, "version": kept.version}
    return UpdateOne(only_if, {"$set": {"checked": kept.version, **keys}})


def insert_once(collection: Collection[Document], document: Document) -> bool:
    """Insert a document under its `_id`; False when one stands there already."""
    try:
        collection.insert_one(document)
    except DuplicateKeyError:
        return False
    return True


def _replacement(bucket: Bucket, version: int, checked: bool = False) -> ReplaceOne[Document]:
    """A guarded replacement: another version there turns it into an insert that must fail."""
    new = {"_id": bucket.id, "version": version + 1, "day": bucket.day, "unit": bucket.unit}
    confirmed = {"checked": version + 1} if checked else {}
    document = {**new, **confirmed, "cubes": bucket.packed()}
    return ReplaceOne({"_id": bucket.id, "version": version}, document, upsert=True)


def _grouped(wanted: Document) -> list[Document]:
    kind = {name: f"${name}" for name in KIND}
    return [{"$match": wanted}, {"$group": {"_id": kind, "n": {"$sum": 1}}}]


def _by_day(places: Iterable[Place]) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for day, unit in sorted(places):
        days.setdefault(day, []).append(unit)
    return days
