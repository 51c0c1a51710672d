"""Importing figures: the rows of a period, whole or not at all, with their source and person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.contracts.directory import Directory
from services.contracts.period import Period
from services.contracts.printing import HIGHER_RATE
from services.score.archive import Imports
from services.score.board import REGION
from services.score.forms import Form, Sheet, Source
from services.score.imports import FIGURES, Import, Imported
from services.score.index import Recipe
from services.score.missing import missing
from services.score.rows import Raw, checked
from services.score.sheets import read_table
from services.score.span import Span
from services.score.views import Sees, View


class Submitted(Form):
    """An import as JSON: each row names unit, figure, and numerator with denominator or value."""

    period: str
    source: Source
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Importer:
    """Imports on behalf of somebody who `sees` some units, at one moment."""

    imports: Imports
    directory: Directory
    sees: Sees
    now: datetime

    def sheet(self, asked: Sheet, body: bytes, kind: str, by: str) -> View:
        """Import a CSV or XLSX table. Raises NotImported with every mistake."""
        return self._keep(asked.period, asked.source, read_table(body, kind), by)

    def rows(self, submitted: Submitted, by: str) -> View:
        """Import rows that came as JSON. Raises NotImported with every mistake."""
        raw = list(enumerate(submitted.rows, 1))
        return self._keep(submitted.period, submitted.source, raw, by)

    def _keep(self, key: str, source: str, raw: Sequence[Raw], by: str) -> View:
        period = Period.parse(key)
        units = {id: unit.name for id, unit in self.directory.unit.items()} | {REGION: "全区域"}
        rows = checked(raw, key, units, self._allowed(units))
        before = self.imports.of(key)
        number = before[-1].number + 1 if before else 1
        new = Import(period=key, number=number, source=source, by=by, at=self.now, rows=rows)
        return _summary(self.imports.keep(new), self.imports.in_force(period))

    def _allowed(self, units: dict[str, str]) -> frozenset[str]:
        seen = frozenset(unit for unit in units if unit != REGION and self.sees(unit))
        return seen | {REGION} if len(seen) == len(units) - 1 else seen

    def show(self, period: Period, recipes: Sequence[Recipe], zone: ZoneInfo) -> View:
        """What holds for a period, what is missing, and every import, newest first."""
        found = self.imports.in_force(period)
        lacking = missing(recipes, self.directory, found, Span.of(period, zone))
        return {
            "period": period.key,
            "in_force": [_row(row) for row in found.values() if self._sees(row.unit)],
            "missing": [
                {"unit": unit, "figure": figure} for unit, figure in lacking if self._sees(unit)
            ],
            "imports": [
                _history(each, self._sees) for each in reversed(self.imports.of(period.key))
            ],
            "figures": {key: vars(figure) for key, figure in FIGURES.items()},
        }

    def _sees(self, unit: str) -> bool:
        return unit == REGION or self.sees(unit)


def _summary(kept: Import, found: dict[tuple[str, str], Imported]) -> View:
    replaced = len({row.place for row in kept.rows} & found.keys())
    return {
        "id": kept.id,
        "period": kept.period,
        "source": kept.source,
        "by": kept.by,
        "at": kept.at.isoformat(),
        "rows": len(kept.rows),
        "in_force": replaced,
    }


def _row(row: Imported) -> View:
    return {**row.plain(), "printed": HIGHER_RATE.text(row.value)}


def _history(kept: Import, sees: Sees) -> View:
    head = kept.model_dump(mode="json", exclude={"rows", "period"})
    rows = [row.model_dump(mode="json") for row in kept.rows if sees(row.unit)]
    return {"id": kept.id, **head, "rows": rows}
