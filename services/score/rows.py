"""Rows of an import, checked one by one: every mistake is named with its row and remedy. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from services.contracts.exact import exact
from services.errors import Invalid
from services.score.imports import FIGURES, Place, Row

Raw = tuple[int, Mapping[str, Any]]
"""The number of a row where it came from, and its cells by column."""

COLUMNS = {
    "unit": ("机构", "单位", "机构编码"),
    "figure": ("指标", "指标名称"),
    "numerator": ("分子",),
    "denominator": ("分母",),
    "value": ("数值", "比率", "得分率"),
    "period": ("期间", "月份", "统计期"),
}
_COLUMN = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
_FIGURE = {figure.name: key for key, figure in FIGURES.items()}
WITHDRAWN = ("withdrawn", "撤回")
MOST_ROWS = 20_000


class NotImported(Invalid):
    """Nothing was imported: some rows are wrong; mend them and import the whole again."""


def column(head: object) -> str | None:
    """Which column a heading means; None for one that is not ours."""
    return _COLUMN.get(str(head).strip().lower())


def checked(
    raw: Sequence[Raw], period: str, units: Mapping[str, str], allowed: Collection[str]
) -> tuple[Row, ...]:
    """All rows, or none. `units`: id → name; `allowed`: whose rows this person may import.

    Raises NotImported with every mistake.
    """
    reader = Reader(period, units, allowed)
    rows = [
        row
        for position, (line, cells) in enumerate(raw)
        for row in reader.read(position, line, cells)
    ]
    if not raw:
        reader.wrong(
            0,
            1,
            "unit",
            f"there are no rows; the first line names the columns {', '.join(COLUMNS)}",
        )
    if len(raw) > MOST_ROWS:
        reader.wrong(MOST_ROWS, MOST_ROWS, "unit", f"more than {MOST_ROWS} rows; import in parts")
    if reader.errors:
        raise NotImported(errors=reader.errors)
    return tuple(rows)


class Reader:
    """Reads rows one after another and keeps what is wrong with them."""

    def __init__(self, period: str, units: Mapping[str, str], allowed: Collection[str]) -> None:
        self._period, self._units, self._allowed = period, units, allowed
        names = list(units.values())
        self._by_name = {name: id for id, name in units.items() if names.count(name) == 1}
        self._seen: dict[Place, int] = {}
        self.errors: list[dict[str, Any]] = []

    def wrong(self, position: int, line: int, field: str, why: str) -> None:
        """Keep a mistake."""
        pointer = f"/rows/{position}/{field}"
        self.errors.append({"pointer": pointer, "row": line, "detail": f"row {line}: {why}"})

    def read(self, position: int, line: int, cells: Mapping[str, Any]) -> Iterator[Row]:
        """The row, unless something is wrong with it."""
        mistakes = len(self.errors)
        for field, why in self._mistakes(cells):
            self.wrong(position, line, field, why)
        if len(self.errors) > mistakes:
            return
        row = self._row(cells)
        if row.place in self._seen:
            first = self._seen[row.place]
            self.wrong(position, line, "figure", f"row {first} has this unit and figure already")
        self._seen.setdefault(row.place, line)
        yield row

    def _row(self, cells: Mapping[str, Any]) -> Row:
        numerator, denominator = _whole(cells.get("numerator")), _whole(cells.get("denominator"))
        withdrawn = _is_withdrawn(cells.get("value"))
        value = None if withdrawn or denominator is not None else exact(cells.get("value"))
        unit, figure = self._unit(cells), _figure(cells)
        return Row(
            unit=unit or "",
            figure=figure or "",
            numerator=numerator,
            denominator=denominator,
            value=value,
            withdrawn=withdrawn,
        )

    def _unit(self, cells: Mapping[str, Any]) -> str | None:
        told = _text(cells.get("unit"))
        return told if told in self._units else self._by_name.get(told)

    def _mistakes(self, cells: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        unit = self._unit(cells)
        if unit is None:
            told = _text(cells.get("unit"))
            yield "unit", f"no unit is called '{told}'; use an id of the registry, or 'region'"
        elif unit not in self._allowed:
            yield "unit", f"{unit} is outside your units; ask somebody of the whole region"
        if _figure(cells) is None:
            told = _text(cells.get("figure"))
            yield "figure", f"no figure is called '{told}'; choose one of {', '.join(FIGURES)}"
        told = _text(cells.get("period"))
        if told and told != self._period:
            yield "period", f"this row is of {told}, the import is of {self._period}"
        yield from _number_mistakes(cells)


def _number_mistakes(cells: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    value = cells.get("value")
    counts = [cells.get(name) for name in ("numerator", "denominator")]
    given = [count for count in counts if _text(count)]
    if _is_withdrawn(value) or not given:
        if not _is_withdrawn(value):
            yield from _rate_mistakes(value)
        return
    numerator, denominator = map(_whole, counts)
    if numerator is None or denominator is None:
        yield "numerator", "numerator and denominator are whole numbers and go together"
    elif not 0 <= numerator <= denominator or not denominator:
        yield "numerator", f"{numerator} of {denominator} is no share; check which is which"
    elif _text(value) and not _agrees(value, Fraction(numerator, denominator)):
        yield "value", f"{_text(value)} is not {numerator} ÷ {denominator}; leave it out or mend it"


def _rate_mistakes(value: object) -> Iterator[tuple[str, str]]:
    rate = _rate(value)
    if rate is None or not 0 <= rate <= 1:
        told = _text(value) or "nothing"
        yield "value", f"{told} is no rate; write 97.5% or 0.975, or give numerator and denominator"


def _agrees(value: object, counted: Fraction) -> bool:
    rate = _rate(value)
    return rate is not None and abs(rate - counted) <= Fraction(1, 10_000)


def _rate(value: object) -> Fraction | None:
    try:
        return exact(value)
    except ValueError:
        return None


def _whole(cell: object) -> int | None:
    number = _rate(_text(cell).replace(",", "")) if not isinstance(cell, bool) else None
    return int(number) if number is not None and number.denominator == 1 else None


def _figure(cells: Mapping[str, Any]) -> str | None:
    told = _text(cells.get("figure"))
    return told if told in FIGURES else _FIGURE.get(told)


def _is_withdrawn(cell: object) -> bool:
    return _text(cell).lower() in WITHDRAWN


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
