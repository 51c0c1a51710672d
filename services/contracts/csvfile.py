"""CSV that spreadsheets open as it is meant: UTF-8 with its mark, no cell a formula. Pure.

Spreadsheets run a cell that begins like a formula (CWE-1236): it gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from services.contracts.exact import exact

MARK = "\ufeff"
FORMULA = frozenset("=+-@\t\r\n")


def csv_text(rows: Iterable[Sequence[Any]], numbers: bool = True) -> str:
    """The lines of these rows, without the mark; with `numbers`, what is one stays one."""
    out = io.StringIO()
    csv.writer(out).writerows([safe(cell, numbers) for cell in row] for row in rows)
    return out.getvalue()


def safe(cell: Any, numbers: bool = True) -> Any:
    """A cell that a spreadsheet would take for a formula is text."""
    if not isinstance(cell, str) or cell[:1] not in FORMULA or (numbers and _is_number(cell)):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    try:
        exact(cell)
    except ValueError:
        return False
    return True
