"""The collections that score owns: `tallies`, `month_snapshots` and `scores`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import TypeVar

from pymongo import ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.adapters.mongo import Db, Document, Index
from services.errors import Conflict
from services.score.board import Context
from services.score.facts import UnitFacts
from services.score.months import Month
from services.score.tally import Bucket, Cell, cells_from, combined, rows

INDEXES = {
    "tallies": (Index(("day", "unit")),),
    "month_snapshots": (Index(("part_of",), sparse=True),),
}
DUPLICATE_KEY = 11000
AT_ONCE = 200
BIGGEST_GAP = timedelta(days=7)
KIND = ("day", "unit", "window", "channel", "stage", "turn", "level", "standing", "item", "tags")
Place = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Stale:
    """What a recount starts from: touched documents, and the version each bucket had then."""

    touched: Mapping[str, frozenset[Place]]
    versions: Mapping[Place, int]


class Tallies:
    """The buckets of (day, unit): recomputed from the ratings, never incremented."""

    def __init__(self, db: Db) -> None:
        self._tallies, self._touched, self._ratings = db["tallies"], db["touched"], db["ratings"]

    @property
    def fresh(self) -> bool:
        """Whether every rating that was stored is in its bucket."""
        return self._touched.find_one({}, {"_id": 1}) is None

    def recompute(self) -> int:
        """Bring every touched bucket up to date; how many were. Safe on any number of replicas."""
        done = 0
        while stale := self.stale():
            replaced = self.replace(stale, self.recount(stale.versions))
            done += len(replaced)
            if len(replaced) < len(stale.versions) or len(stale.touched) < AT_ONCE:
                break
        return done

    def stale(self) -> Stale | None:
        """What is to be recounted, or None. Versions are read before any rating is."""
        touched = {
            each["_id"]: frozenset((day, unit) for day, unit in each["buckets"])
            for each in self._touched.find({}, limit=AT_ONCE)
        }
        if not touched:
            return None
        places = frozenset[Place]().union(*touched.values())
        return Stale(touched, dict.fromkeys(places, 0) | self._versions(places))

    def _versions(self, places: Iterable[Place]) -> dict[Place, int]:
        wanted = frozenset(places)
        fields = {"day": 1, "unit": 1, "version": 1}
        found = (
            each for days in runs(wanted) for each in self._tallies.find({"day": days}, fields)
        )
        versions = {(each["day"], each["unit"]): each["version"] for each in found}
        return {place: version for place, version in versions.items() if place in wanted}

    def recount(self, places: Iterable[Place]) -> list[Bucket]:
        """Both cubes of these buckets, counted anew from the ratings."""
        buckets = {place: Bucket(*place) for place in places}
        for days in runs(buckets):
            for group in self._ratings.aggregate(_grouped(days)):
                kind = group["_id"]
                bucket = buckets.get((kind["day"], kind["unit"]))
                if bucket:
                    cell = Cell.of(kind.get("window"), *(kind[code] for code in KIND[3:8]))
                    bucket.add(cell, kind.get("item"), kind.get("tags") or (), group["n"])
        return list(buckets.values())

    def replace(self, stale: Stale, buckets: Sequence[Bucket]) -> frozenset[Place]:
        """Replace what nobody has replaced since; forget the touches that are thereby settled.

        Returns the buckets replaced. One that another replica was faster with stays touched.
        """
        lost = self._replaced_by_others(stale, buckets)
        settled = [id for id, places in stale.touched.items() if not places & lost]
        for ids in chunks(settled):
            self._touched.delete_many({"_id": {"$in": ids}})
        return frozenset(stale.versions) - lost

    def _replaced_by_others(self, stale: Stale, buckets: Sequence[Bucket]) -> frozenset[Place]:
        writes = [_replacement(b, stale.versions[b.day, b.unit]) for b in buckets]
        try:
            self._tallies.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in failed):
                raise
            lost = [buckets[each["index"]] for each in failed]
            return frozenset((bucket.day, bucket.unit) for bucket in lost)
        return frozenset()

    def between(self, first: date, last: date) -> Iterator[Document]:
        """The buckets of these days, both inside."""
        return self._tallies.find({"day": {"$gte": f"{first}", "$lte": f"{last}"}})

    def cells(self, first: date, last: date, units: frozenset[str] | None) -> Counter[Cell]:
        """The first cube of these days, of some units or of all."""
        return combined(
            cells_from(each["cells"])
            for each in self.between(first, last)
            if units is None or each["unit"] in units
        )


def _replacement(bucket: Bucket, version: int) -> ReplaceOne[Document]:
    """A guarded replacement: another version there turns it into an insert that must fail."""
    id = f"{bucket.day}|{bucket.unit}"
    document = {"_id": id, "version": version + 1, "day": bucket.day, "unit": bucket.unit}
    cubes = {"cells": rows(bucket.cells), "topics": rows(bucket.topics)}
    return ReplaceOne({"_id": id, "version": version}, document | cubes, upsert=True)


def _grouped(days: Document) -> list[Document]:
    kind = {name: f"${name}" for name in KIND}
    return [{"$match": {"day": days}}, {"$group": {"_id": kind, "n": {"$sum": 1}}}]


def runs(places: Iterable[Place]) -> Iterator[Document]:
    """Ranges of days that cover `places`, without long stretches between them.

    A range on an index is quick everywhere; a long `$in` is not (SecantusDB: quadratic).
    """
    days = sorted({date.fromisoformat(day) for day, _ in places})
    start = 0
    for end in range(1, len(days) + 1):
        if end == len(days) or days[end] - days[end - 1] > BIGGEST_GAP:
            yield {"$gte": f"{days[start]}", "$lte": f"{days[end - 1]}"}
            start = end


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items, at most `AT_ONCE` at a time."""
    rest = iter(items)
    while part := list(islice(rest, AT_ONCE)):
        yield part


class Months:
    """Periods, their snapshots and their published scores. Only what a month names is in force."""

    def __init__(self, db: Db) -> None:
        self._months, self._scores = db["month_snapshots"], db["scores"]

    def get(self, period: str) -> Month:
        """The period as it was last decided; open when nothing was."""
        kept = self._months.find_one({"_id": period}, {"_id": 0})
        return Month.model_validate(kept) if kept else Month(period=period)

    def save(self, month: Month) -> None:
        """Put `month` in place of the version before it. Raises Conflict when that is gone."""
        document = {"_id": month.period, **month.model_dump()}
        guard = {"_id": month.period, "version": month.version - 1}
        try:
            self._months.replace_one(guard, document, upsert=True)
        except DuplicateKeyError:
            raise Conflict from None

    def keep(self, snapshot: str, context: Context, facts: Mapping[str, UnitFacts]) -> None:
        """Keep everything that a closed period is scored from."""
        parts = [
            {"_id": f"{snapshot}/{unit}", "part_of": snapshot, "unit": unit, **own.plain()}
            for unit, own in facts.items()
        ]
        head = {"_id": snapshot, "context": context.model_dump(mode="json")}
        self._months.insert_many([*parts, head])

    def context(self, snapshot: str) -> Context:
        """The context of a snapshot."""
        kept = self._months.find_one({"_id": snapshot}) or {}
        return Context.model_validate(kept["context"])

    def facts(self, snapshot: str) -> dict[str, UnitFacts]:
        """The facts of a snapshot by unit."""
        parts = self._months.find({"part_of": snapshot})
        return {part["unit"]: UnitFacts.from_plain(part) for part in parts}

    def keep_scores(self, snapshot: str, index: str, scores: Document) -> None:
        """Keep a published page; it follows from the snapshot, so a second time changes nothing."""
        wanted = {"_id": f"{snapshot}/{index}"}
        self._scores.update_one(wanted, {"$setOnInsert": scores}, upsert=True)

    def scores(self, snapshot: str, index: str) -> Document | None:
        """The published page of an index."""
        return self._scores.find_one({"_id": f"{snapshot}/{index}"}, {"_id": 0})
