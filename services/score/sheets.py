"""Tables as people send them, CSV or XLSX, as numbered rows of named cells. Pure."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook

from services.errors import Malformed, TooLarge
from services.score.rows import COLUMNS, MOST_ROWS, Raw, column

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = (CSV, XLSX)
MOST_OPENED = 64 * 1024 * 1024
BOM = "utf-8-sig"
CHINESE = "gb18030"
Table = Iterable[tuple[int, Sequence[Any]]]


class NoColumns(Malformed):
    """The first line must name the columns; see the detail for those that are understood."""


def read_table(body: bytes, kind: str) -> list[Raw]:
    """The rows below the first line, each with its line number there.

    Raises NoColumns, Malformed or TooLarge.
    """
    lines = iter(_xlsx(body) if kind == XLSX else _csv(body))
    _, head = next(lines, (1, ()))
    names = [column(each) if each is not None else None for each in head]
    if "unit" not in names or "figure" not in names:
        raise NoColumns(f"The first line must name the columns {', '.join(COLUMNS)}")
    return list(_named(lines, names))


def _named(lines: Table, names: Sequence[str | None]) -> Iterator[Raw]:
    for number, cells in lines:
        if number > MOST_ROWS + 2:
            raise TooLarge(f"At most {MOST_ROWS} rows are imported at once")
        row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        if any(cell not in (None, "") for cell in row.values()):
            yield number, row


def _csv(body: bytes) -> Table:
    text = _decoded(body)
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Malformed(f"The CSV cannot be read: {error}") from None


def _decoded(body: bytes) -> str:
    """UTF-8, or what Chinese spreadsheets write by default."""
    for encoding in (BOM, CHINESE):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Malformed("The CSV is neither UTF-8 nor GB 18030; save it as UTF-8")


def _xlsx(body: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_OPENED:
                raise TooLarge(f"Opened, the workbook is larger than {MOST_OPENED} bytes")
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 3)
        return [(number, [_plain(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError) as error:
        raise Malformed(f"The workbook cannot be read: {error}") from None


def _plain(cell: Any) -> Any:
    """A month that the spreadsheet took for a date is a month again."""
    return f"{cell:%Y-%m}" if isinstance(cell, (date, datetime)) else cell
