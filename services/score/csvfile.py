"""CSV that spreadsheets open as it is meant: UTF-8 with its mark, no cell a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from services.score.exact import exact

MARK = "\ufeff"
FORMULA = frozenset("=+-@\t\r")


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """The lines of these rows, without the mark."""
    out = io.StringIO()
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def safe(cell: Any) -> Any:
    """A cell that a spreadsheet would take for a formula is text; a number stays one."""
    if not isinstance(cell, str) or cell[:1] not in FORMULA:
        return cell
    try:
        exact(cell)
    except ValueError:
        return f"'{cell}"
    return cell
