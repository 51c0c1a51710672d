"""The second path: every figure counted again from the bare documents, with plain pymongo.

It shares no code with the services that stored, tallied or scored them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database

from services.console.demo import days

Document = Mapping[str, Any]
BAD = frozenset({1, 2})
TO_RATE_DAYS, CLOSES = 5, 17 * 60


@dataclass
class Sums:
    """What a unit, or all of them, did. Only valid first ratings are in `levels`."""

    stored: int = 0
    levels: Counter[int] = field(default_factory=Counter)
    rated_places: set[str] = field(default_factory=set)
    served_places: set[str] = field(default_factory=set)
    errands: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    replied: int = 0
    called: Counter[str] = field(default_factory=Counter)

    def add(self, other: Sums) -> None:
        """Take in what another did."""
        self.stored += other.stored
        self.replied += other.replied
        self.rated_places |= other.rated_places
        self.served_places |= other.served_places
        for name in ("levels", "errands", "verdicts", "called"):
            getattr(self, name).update(getattr(other, name))

    @property
    def bad(self) -> int:
        """Bad ratings that count."""
        return sum(self.levels[level] for level in BAD)


@dataclass(frozen=True)
class Recount:
    """What lies in the database. `rating_ids` are distinct: each press stored once."""

    stored: int
    rating_ids: int
    duplicates: int
    quarantined: Counter[str]
    channels: Counter[str]
    levels: Counter[int]
    invalid: int
    bad: int
    closings: Counter[str]
    escalations: int
    errands: int
    units: dict[str, Sums]
    region: Sums

    @property
    def captured(self) -> int:
        """What the edge must have accepted for this to be here."""
        return self.stored + self.duplicates + self.quarantined.total()


def read(uri: str, name: str, cut_off: datetime, uncounted: Sequence[str] = ()) -> Recount:
    """Count everything again. `uncounted` channels are in no level statistics."""
    with MongoClient[dict[str, Any]](uri) as client:
        db = client.get_database(name, codec_options=CodecOptions(tz_aware=True))
        ratings = list(db["ratings"].find({}, {"sealed": 0, "fingerprint": 0}))
        units = _by_unit(db, ratings, cut_off, uncounted)
        cases = list(db["cases"].find({}, {"closing": 1, "state": 1, "escalations": 1}))
        quarantine = list(db["quarantine"].find({}, {"sealed": 0}))
        errands = db["errands"].count_documents({})
    region = Sums()
    for own in units.values():
        region.add(own)
    return Recount(
        stored=len(ratings),
        rating_ids=len({rating["rating_id"] for rating in ratings}),
        duplicates=sum(len(rating.get("repeats", ())) for rating in ratings),
        quarantined=Counter(row["reason"] for row in quarantine for _ in range(row["received"])),
        channels=Counter(rating["channel"] for rating in ratings),
        levels=Counter(rating["level"] for rating in ratings),
        invalid=sum(rating["standing"] != "valid" for rating in ratings),
        bad=sum(rating["level"] in BAD for rating in ratings),
        closings=Counter(case["closing"] or case["state"] for case in cases),
        escalations=sum(len(case["escalations"]) for case in cases),
        errands=errands,
        units=units,
        region=region,
    )


def _by_unit(
    db: Database[dict[str, Any]],
    ratings: Sequence[Document],
    cut_off: datetime,
    uncounted: Sequence[str],
) -> dict[str, Sums]:
    registry = (db["registry"].find_one({"_id": "current"}) or {})["directory"]
    halls = {window["id"]: f"hall of {window['hall']}" for window in registry["windows"]}
    units = {unit["id"]: Sums() for unit in registry["units"]}
    for rating in ratings:
        _count_rating(units[rating["unit"]], rating, halls, uncounted)
    keys = {rating["_id"] for rating in ratings}
    for errand in db["errands"].find():
        rated = f"{errand['_id']}:1" in keys
        _count_errand(units[errand["unit"]], errand, rated, halls, cut_off)
    for case in db["cases"].find({"source": "rating"}, {"history": 0, "outbox": 0}):
        _count_case(units[case["unit"]], case, cut_off)
    return units


def _count_rating(
    sums: Sums, rating: Document, halls: Mapping[str, str], uncounted: Sequence[str]
) -> None:
    sums.stored += 1
    if rating["standing"] != "valid" or rating["turn"] != 1:
        return
    if rating["channel"] not in uncounted:
        sums.levels[rating["level"]] += 1
    if window := rating["window"]:
        sums.rated_places |= {window, halls[window]}
        sums.served_places |= {window, halls[window]}


def _count_errand(
    sums: Sums, errand: Document, rated: bool, halls: Mapping[str, str], cut_off: datetime
) -> None:
    due = days.after(errand["reached_at"], TO_RATE_DAYS, CLOSES) <= cut_off
    sums.errands.update(reported=1, due=due, rated=due and rated)
    if errand["promised_by"]:
        sums.errands.update(promised=1, on_time=errand["reached_at"] <= errand["promised_by"])
    if window := errand["window"]:
        sums.served_places |= {window, halls[window]}


def _count_case(sums: Sums, case: Document, cut_off: datetime) -> None:
    verdict = verdict_of(case, cut_off)
    sums.verdicts[verdict] += 1
    if verdict == "invalidated":
        return
    sums.replied += verdict != "pending" and _by(case["replied_at"], cut_off)
    due = bool(case["reached"]) or _by(case["callback_due_at"], cut_off)
    sums.called.update(
        due=case["named"] and due,
        reached=case["named"] and bool(case["reached"]),
        answered=case["satisfied"] is not None,
        satisfied=case["satisfied"] is True,
    )


def verdict_of(case: Document, cut_off: datetime) -> str:
    """How a case stands at the cut-off, read off its bare fields."""
    if case["invalidated"]:
        return "invalidated"
    due = case["rectify_due_at"]
    if _by(case["submitted_at"], cut_off):
        in_time = not case["overran"] and (due is None or case["submitted_at"] <= due)
        return "done_on_time" if in_time else "done_late"
    overdue = case["overran"] or (due is not None and due < cut_off)
    return "overdue_open" if overdue else "pending"


def _by(moment: datetime | None, cut_off: datetime) -> bool:
    return moment is not None and moment <= cut_off
