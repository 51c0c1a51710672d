from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.contracts.vocabulary import Channel
from services.errors import Invalid
from services.rectify.export import COLUMNS, MOST_ROWS, as_csv, as_xlsx
from tests.unit.rectify.county import DIRECTORY, MONDAY, RULES, office

ROW: dict[str, Any] = {
    **dict.fromkeys(COLUMNS),
    "id": "case-1",
    "state": "rectifying",
    "unit": "social",
    "level": 1,
    "item": '=HYPERLINK("http://evil")',
    "window": "w1",
    "assignee": "+86",
    "tags": ["201"],
    "due_at": MONDAY,
    "overdue": False,
    "named": True,
}


def table(content: bytes) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_headings_are_chinese_or_english() -> None:
    assert table(as_csv([], office(), "zh"))[0][:3] == ["工单编号", "来源", "状态"]
    assert table(as_csv([], office(), "en"))[0][:3] == ["case", "source", "state"]


def test_values_are_words_in_the_language_asked_for() -> None:
    chinese, english = (
        dict(zip(COLUMNS, table(as_csv([ROW], office(), language))[1], strict=True))
        for language in ("zh", "en")
    )
    assert (chinese["state"], chinese["named"], chinese["overdue"]) == ("整改中", "是", "否")
    assert (english["state"], english["named"], english["overdue"]) == ("rectifying", "yes", "no")
    assert (chinese["unit"], chinese["window"]) == ("社保局", "1号窗口")
    assert (chinese["due_at"], chinese["closed_at"]) == ("2020-03-02 10:00", "")


def test_whoever_has_a_case_and_the_channel_of_its_rating_are_named() -> None:
    li = Principal(id="officer-7", name="李伟", roles=frozenset({Role.OFFICER}), unit="social")
    directory = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, li)})
    there = office(directory=Directory.model_validate(directory.model_dump()))
    row = ROW | {"assignee": "officer-7", "channel": "tablet"}
    chinese, english = (
        dict(zip(COLUMNS, table(as_csv([row], there, language))[1], strict=True))
        for language in ("zh", "en")
    )
    assert chinese["assignee"] == english["assignee"] == "李伟"
    assert chinese["channel"] == RULES.channels.by_code[Channel.TABLET].label != "tablet"
    assert english["channel"] == "tablet"


def test_what_begins_like_a_formula_is_text() -> None:
    line = dict(zip(COLUMNS, table(as_csv([ROW], office(), "en"))[1], strict=True))
    assert line["item"] == '\'=HYPERLINK("http://evil")'
    assert line["assignee"] == "'+86"
    sheet = load_workbook(io.BytesIO(as_xlsx([ROW], office(), "en"))).active
    assert sheet is not None
    cells = dict(zip(COLUMNS, sheet[2], strict=True))
    assert (cells["item"].value, cells["item"].data_type) == (ROW["item"], "s")
    assert (cells["level"].value, cells["level"].data_type) == ("1", "s")


def test_a_table_has_a_row_for_each_case_under_one_heading() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx([ROW, ROW], office(), "zh"))).active
    assert sheet is not None
    assert sheet.title == "差评工单"
    assert sheet.max_row == 3
    assert sheet.cell(1, 1).value == "工单编号"


def test_control_characters_do_not_break_a_workbook() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx([ROW | {"item": "a\x00b"}], office(), "en"))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]].count("ab") == 1


def test_more_cases_than_a_table_takes_are_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match="narrow the list"):
        as_csv((ROW for _ in range(MOST_ROWS + 1)), office(), "en")
    assert len(table(as_csv((ROW for _ in range(MOST_ROWS)), office(), "en"))) == MOST_ROWS + 1
