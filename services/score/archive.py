"""Every query on `imports`: one document each, so that an import is there whole or not."""

from __future__ import annotations

from collections.abc import Sequence

from services.adapters.mongo import Db
from services.contracts.period import Period
from services.errors import Conflict
from services.score.imports import Import, Imported, Place, in_force, over_months
from services.score.repository import insert_once


class Imports:
    """What was imported, by period, in order; nothing is ever changed or deleted."""

    def __init__(self, db: Db) -> None:
        self._imports = db["imports"]

    def of(self, period: str) -> list[Import]:
        """The imports of a period, oldest first."""
        kept = self._imports.find({"period": period}, {"_id": 0, "digest": 0})
        return sorted(map(Import.model_validate, kept), key=lambda each: each.number)

    def keep(self, new: Import) -> Import:
        """Keep an import; the same once more gives back the first. Raises Conflict in a race."""
        latest = self.of(new.period)[-1:]
        if latest and latest[0].digest == new.digest:
            return latest[0]
        kept = {**new.model_dump(mode="json"), "at": new.at, "digest": new.digest}
        if not insert_once(self._imports, {"_id": new.id, **kept}):
            raise Conflict("Somebody imported for this period at the same time; import again")
        return new

    def in_force(self, period: Period) -> dict[Place, Imported]:
        """What holds for a period: its own imports, and else the sum over its months."""
        own = in_force(self.of(period.key))
        if len(period.months) == 1:
            return own
        months: Sequence[dict[Place, Imported]] = [
            in_force(self.of(month.key)) for month in period.months
        ]
        return over_months(months) | own
