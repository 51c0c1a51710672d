"""Workbooks hold what they were given, and nothing in them is a formula."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from services.score.workbook import HEAD, Sheet, workbook


def test_a_sheet_has_its_caption_its_heads_and_its_rows() -> None:
    caption = [("规则", "weiyuan v1"), ("期间", "2026-10")]
    made = workbook([Sheet("得分", ("机构", "得分"), [("税务", 9.5), ("国土", "—")], caption)])
    page = load_workbook(io.BytesIO(made))["得分"]
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert cells == [
        ["规则", "weiyuan v1"],
        ["期间", "2026-10"],
        [None, None],
        ["机构", "得分"],
        ["税务", 9.5],
        ["国土", "—"],
    ]
    assert page.freeze_panes == "A5"
    assert page.cell(4, 1).fill.fgColor.rgb == HEAD.fgColor.rgb
    assert page.page_setup.orientation == "landscape"


def test_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    made = workbook([Sheet("x", ("机构",), [("=1+1",)])])
    cell = load_workbook(io.BytesIO(made))["x"].cell(2, 1)
    assert (cell.value, cell.data_type) == ("=1+1", "s")
