"""Every query on `month_snapshots` and `scores`: only what a month names is in force."""

from __future__ import annotations

from collections.abc import Mapping

from services.adapters.mongo import Db, Document
from services.errors import Conflict
from services.score.board import Context
from services.score.facts import UnitFacts
from services.score.months import Month
from services.score.repository import insert_once

LINES = 100


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
        if month.version == 1:
            changed = insert_once(self._months, document)
        else:
            changed = self._months.replace_one(guard, document).matched_count == 1
        if not changed:
            raise Conflict

    def forget(self, snapshot: str) -> None:
        """Remove a snapshot that no month names: somebody closed the period at the same time."""
        self._months.delete_many({"part_of": snapshot})
        self._months.delete_one({"_id": snapshot})

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

    def keep_scores(self, snapshot: str, index: str, page: Document) -> None:
        """Keep a published page; it follows from the snapshot, so a second time changes nothing.

        Its lines are kept apart, so that it never outgrows a document.
        """
        head = {name: value for name, value in page.items() if name != "units"}
        lines = page["units"]
        for start in range(0, len(lines), LINES):
            part = {"_id": f"{snapshot}/{index}/{start}", "units": lines[start : start + LINES]}
            insert_once(self._scores, part)
        insert_once(self._scores, {"_id": f"{snapshot}/{index}", **head, "lines": len(lines)})

    def scores(self, snapshot: str, index: str) -> Document | None:
        """The published page of an index."""
        page = self._scores.find_one({"_id": f"{snapshot}/{index}"}, {"_id": 0})
        if page is None:
            return None
        starts = range(0, page.pop("lines"), LINES)
        parts = (self._scores.find_one({"_id": f"{snapshot}/{index}/{at}"}) for at in starts)
        return {**page, "units": [line for part in parts if part for line in part["units"]]}
