"""Reads a table of the registry from CSV, as spreadsheets save it; every mistake names its row.

Pure. UTF-8 (with or without its mark) or GBK. A day is the beginning of that day in the region. A
column that is not there changes nothing; an empty cell empties the field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.contracts.csvfile import FORMULA, MARK
from services.contracts.directory import Entry
from services.errors import Malformed
from services.registry.columns import CLOCK, DATES, HEADINGS, Table

FIRST_ROW = 2
"""As spreadsheets count: the headings are row 1."""
ENCODINGS = ("utf-8", "gb18030")
BETWEEN = re.compile(r"[\s;,、；，]+")
DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
NO_FORMULA = "begins like a formula; put an apostrophe before it if it is a text"
CODES = {heading: code for code, heading in HEADINGS.items()}


@dataclass(frozen=True)
class Mistake:
    """What is wrong in which row; without a column it is about the row as a whole.

    `code` says it for who words it in another language, with `value` as what stands there.
    """

    row: int
    column: str | None
    detail: str
    code: str = "untrue"
    value: str = ""


@dataclass(frozen=True)
class Line:
    """A row that could be read: the fields that it sets, and the row of the sheet."""

    row: int
    said: dict[str, Any]


@dataclass
class Sheet:
    """What a file holds."""

    encoding: str
    columns: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


def decoded(body: bytes) -> tuple[str, str]:
    """The text and its encoding. Raises Malformed when it is neither UTF-8 nor GBK."""
    for encoding in ENCODINGS:
        try:
            return body.decode(encoding).removeprefix(MARK), encoding
        except UnicodeDecodeError:
            continue
    raise Malformed("The file is neither UTF-8 nor GBK; save it as CSV UTF-8 and send it again")


def read_sheet(body: bytes, table: Table, zone: ZoneInfo) -> Sheet:
    """Every row of the file. Raises Malformed for what is no CSV in UTF-8 or GBK."""
    text, encoding = decoded(body)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Malformed(f"This is no CSV: {error}") from None
    heads = [cell.strip() for cell in rows[0]] if rows else []
    sheet = Sheet(encoding, tuple(CODES.get(head, head) for head in heads))
    sheet.mistakes += _of_heads(sheet.columns, table)
    if not sheet.mistakes:
        for number, cells in enumerate(rows[1:], FIRST_ROW):
            if any(cell.strip() for cell in cells):
                _add(sheet, number, cells, zone)
    return sheet


def _of_heads(heads: Sequence[str], table: Table) -> Iterator[Mistake]:
    for head in heads:
        if head not in table.columns:
            columns = ", ".join(table.columns)
            yield Mistake(1, head, f"is no column here; these are: {columns}", "no_column")
        elif heads.count(head) > 1:
            yield Mistake(1, head, "stands there more than once", "column_twice")
    for missing in sorted(table.needed - set(heads)):
        yield Mistake(1, missing, "this column is missing", "column_missing")


def _add(sheet: Sheet, row: int, cells: Sequence[str], zone: ZoneInfo) -> None:
    if len(cells) > len(sheet.columns):
        detail = "has more cells than there are headings"
        sheet.mistakes.append(Mistake(row, None, detail, "cells"))
        return
    said: dict[str, Any] = {}
    for position, column in enumerate(sheet.columns):
        cell = cells[position] if position < len(cells) else ""
        try:
            said[column] = value_of(cell, column, zone)
        except ValueError as error:
            code = "formula" if str(error) == NO_FORMULA else "day" if column in DATES else "clock"
            sheet.mistakes.append(Mistake(row, column, str(error), code, cell))
    sheet.lines.append(Line(row, said))


def value_of(cell: str, column: str, zone: ZoneInfo) -> Any:
    """What a cell says; None when it is empty. Raises ValueError, saying what is wrong."""
    text = cell.strip()
    if cell[:1] == "'" and cell[1:2] in FORMULA:
        text = cell[1:]
    elif text[:1] in FORMULA and text:
        raise ValueError(NO_FORMULA)
    if column == "roles":
        return sorted(filter(None, BETWEEN.split(text)))
    if not text:
        return None
    return _moment(text, zone) if column in DATES else _time(text) if column in CLOCK else text


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        if day := DAY.fullmatch(text):
            return datetime.combine(date(*map(int, day.groups())), time(), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no day; write it like 2026-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _time(text: str) -> str:
    if found := CLOCK_TIME.fullmatch(text):
        return f"{int(found[1]):02}:{found[2]}"
    raise ValueError(f"{text} is no time of the day; write it like 09:00")


def entry_of(line: Line, before: Entry | None, table: Table) -> Entry | list[Mistake]:
    """The entry that a line makes of the one before it, or what is wrong with it."""
    kept = before.model_dump() if before else {}
    said = {name: value for name, value in line.said.items() if value is not None}
    emptied = line.said.keys() - said.keys()
    fields = {name: value for name, value in kept.items() if name not in emptied} | said
    try:
        return table.entry.model_validate(fields)
    except ValidationError as error:
        return [_mistake(line.row, each) for each in error.errors(include_url=False)]


def _mistake(row: int, error: Any) -> Mistake:
    column = str(error["loc"][0])
    if error["type"] == "missing":
        return Mistake(row, column, "is empty, and has to be filled in", "empty")
    return Mistake(row, column, str(error["msg"]), "form", str(error["input"]))
