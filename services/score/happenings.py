"""What happened in a period: every query of score on collections that other services own."""

from __future__ import annotations

from datetime import datetime

from services.adapters.mongo import Db, Document
from services.contracts.vocabulary import CaseSource, Standing
from services.score.errands import Errands, TimeToRateEnds, count_errands, first_rating_key
from services.score.facts import UnitFacts
from services.score.period import Period
from services.score.repository import Tallies, chunks
from services.score.tally import Cell, cells_from, combined, topics_from
from services.score.verdict import CaseAtCutOff

UNDECIDED = ["open", "replaying"]
"""States of a quarantine row that may still become a rating."""


class Happenings:
    """What happened in a period, by unit, read from tallies, errands and cases."""

    def __init__(self, db: Db) -> None:
        self._db, self._tallies = db, Tallies(db)

    def facts(
        self, period: Period, cut_off: datetime, ends: TimeToRateEnds
    ) -> dict[str, UnitFacts]:
        """The facts of every unit at `cut_off`, without the keys of single ratings."""
        days = {"$gte": f"{period.first}", "$lte": f"{period.last}"}
        errands = self._errands(days, ends, cut_off)
        cases = self._cases(period, cut_off)
        buckets: dict[str, list[Document]] = {unit: [] for unit in errands.keys() | cases.keys()}
        for bucket in self._tallies.between(period.first, period.last):
            buckets.setdefault(bucket["unit"], []).append(bucket)
        return {
            unit: UnitFacts(
                combined(cells_from(each["cells"]) for each in own),
                combined(topics_from(each["topics"]) for each in own),
                errands.get(unit, Errands()),
                tuple(cases.get(unit, ())),
            )
            for unit, own in buckets.items()
        }

    def _errands(
        self, days: Document, ends: TimeToRateEnds, cut_off: datetime
    ) -> dict[str, Errands]:
        fields = ("unit", "window", "day", "stage", "reached_at", "promised_by")
        errands = list(self._db["errands"].find({"day": days}, dict.fromkeys(fields, 1)))
        keys = (first_rating_key(errand) for errand in errands)
        wanted = ({"_id": {"$in": part}} for part in chunks(keys))
        found = (
            each["_id"] for some in wanted for each in self._db["ratings"].find(some, {"_id": 1})
        )
        return count_errands(errands, frozenset(found), ends, cut_off)

    def _cases(self, period: Period, cut_off: datetime) -> dict[str, list[CaseAtCutOff]]:
        cases: dict[str, list[CaseAtCutOff]] = {}
        months = {"$gte": f"{period.first:%Y-%m}", "$lte": f"{period.last:%Y-%m}"}
        wanted = {"rating_month": months, "source": CaseSource.RATING.value}
        for case in self._db["cases"].find(wanted, {"history": 0, "outbox": 0}):
            cases.setdefault(case["unit"], []).append(CaseAtCutOff.of(case, cut_off))
        return cases

    def behind(
        self, period: Period, units: frozenset[str] | None, bad: frozenset[int]
    ) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Keys of the bad and of the invalid first ratings, by unit: what explains a figure.

        Tallies know which buckets hold any, so that no other rating is read.
        """
        found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        for bucket in self._tallies.between(period.first, period.last):
            unit, cells = bucket["unit"], cells_from(bucket["cells"])
            if (units is None or unit in units) and any(_telling(cell, bad) for cell in cells):
                bad_before, invalid_before = found.get(unit, ((), ()))
                bad_here, invalid_here = self._telling_keys(bucket, bad)
                found[unit] = (bad_before + bad_here, invalid_before + invalid_here)
        return found

    def _telling_keys(
        self, bucket: Document, bad: frozenset[int]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        here = {"day": bucket["day"], "unit": bucket["unit"], "turn": 1}
        fields = {"level": 1, "standing": 1}
        ratings = sorted(self._db["ratings"].find(here, fields), key=lambda each: each["_id"])
        invalid = tuple(r["_id"] for r in ratings if r["standing"] == Standing.INVALID)
        standing = (r for r in ratings if r["standing"] == Standing.VALID)
        return tuple(r["_id"] for r in standing if r["level"] in bad), invalid

    def waiting(self) -> dict[str, int]:
        """How much is still on its way: what the closing checks ask of the database."""
        unsent = {"outbox.id": {"$exists": True}}
        return {
            "touched": self._db["touched"].count_documents({}),
            "outboxes": sum(
                self._db[name].count_documents(unsent) for name in ("ratings", "cases")
            ),
            "quarantine": self._db["quarantine"].count_documents({"state": {"$in": UNDECIDED}}),
        }


def _telling(cell: Cell, bad: frozenset[int]) -> bool:
    return cell.standing is Standing.INVALID or (cell.counts and cell.level in bad)
