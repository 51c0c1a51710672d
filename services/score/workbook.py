"""Sheets as a workbook that reads well on screen and on paper."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

HEAD = PatternFill("solid", fgColor="1F4E79")
WHITE = Font(bold=True, color="FFFFFF")
LINE = Border(bottom=Side(style="thin", color="BFBFBF"))
WIDEST, NARROWEST = 48, 8


@dataclass(frozen=True)
class Sheet:
    """A table with a caption above it: pairs of what and which."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: Sequence[tuple[str, str]] = field(default=())


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """The bytes of an XLSX file."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(page: Worksheet, sheet: Sheet) -> None:
    for what, which in sheet.caption:
        page.append([what, which])
        page.cell(page.max_row, 1).font = Font(bold=True)
    head = len(sheet.caption) + (2 if sheet.caption else 1)
    for column, name in enumerate(sheet.heads, 1):
        top: Any = page.cell(head, column, name)
        top.fill, top.font = HEAD, WHITE
        top.alignment = Alignment(wrap_text=True, vertical="center")
    for number, row in enumerate(sheet.rows, head + 1):
        for column, value in enumerate(row, 1):
            _put(page.cell(number, column), value)
    _set_up(page, sheet, head)


def _put(cell: Any, value: Any) -> None:
    """A value as it is: what begins like a formula is text."""
    cell.value, cell.border = value, LINE
    if isinstance(value, str):
        cell.data_type = "s"


def _set_up(page: Worksheet, sheet: Sheet, head: int) -> None:
    page.freeze_panes = f"A{head + 1}"
    page.auto_filter.ref = f"A{head}:{get_column_letter(len(sheet.heads))}{head + len(sheet.rows)}"
    for column, name in enumerate(sheet.heads):
        longest = max([_width(name), *(_width(row[column]) for row in sheet.rows)])
        letter = get_column_letter(column + 1)
        page.column_dimensions[letter].width = max(NARROWEST, min(WIDEST, longest + 2))
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{head}:{head}"


def _width(value: Any) -> int:
    """How wide a text is, where a Chinese character takes two places."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in str(value))
