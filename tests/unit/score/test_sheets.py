"""Tables as people send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from services.errors import Malformed, TooLarge
from services.score import sheets
from services.score.sheets import CSV, XLSX, NoColumns, read_table

TABLE = "机构,指标,分子,分母\n税务,网办率,9,10\n,,,\n国土,网办率,8,10\n"
ROWS = [
    (2, {"unit": "税务", "figure": "网办率", "numerator": "9", "denominator": "10"}),
    (4, {"unit": "国土", "figure": "网办率", "numerator": "8", "denominator": "10"}),
]


def book(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with these rows."""
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.worksheets[0].append(list(row))
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_chinese_spreadsheets_write(encoding: str) -> None:
    assert read_table(TABLE.encode(encoding), CSV) == ROWS


def test_a_csv_pasted_from_a_spreadsheet_has_tabs() -> None:
    assert read_table(TABLE.replace(",", "\t").encode(), CSV) == ROWS


def test_a_workbook_is_read_from_its_first_sheet_and_a_month_is_no_date() -> None:
    table: list[list[Any]] = [
        ["unit", "notes", "figure", "value", "period"],
        ["tax", "ours", "online_rate", 0.975, date(2026, 10, 1)],
    ]
    named = {"unit": "tax", "figure": "online_rate", "value": 0.975, "period": "2026-10"}
    assert read_table(book(table), XLSX) == [(2, named)]


def test_a_table_without_the_columns_is_refused_with_their_names() -> None:
    with pytest.raises(NoColumns, match="unit, figure, numerator"):
        read_table(b"a,b\n1,2\n", CSV)
    with pytest.raises(NoColumns):
        read_table(b"", CSV)


@pytest.mark.parametrize("body", [b"PK\x03\x04 no workbook", b"plain text", b""])
def test_what_is_no_workbook_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_table(body, XLSX)


def test_a_workbook_that_grows_without_bounds_is_refused_unopened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "MOST_OPENED", 1000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * 1001)
    with pytest.raises(TooLarge):
        read_table(bomb.getvalue(), XLSX)


def test_bytes_of_no_known_encoding_are_refused() -> None:
    with pytest.raises(Malformed, match="save it as UTF-8"):
        read_table(b"\xff\xff\xff\n\xff", CSV)
