"""A list of cases as a table for other programs: CSV, or XLSX in which every cell is text. Pure.

No cell is taken for a formula: in XLSX the type of every cell says that it is text.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from services.contracts.csvfile import MARK, csv_text
from services.errors import Invalid
from services.rectify.decision import Office

MOST_ROWS = 10_000
Language = Literal["zh", "en"]
Row = Mapping[str, Any]
COLUMNS = {
    "id": ("工单编号", "case"),
    "source": ("来源", "source"),
    "state": ("状态", "state"),
    "closing": ("办结方式", "closed as"),
    "unit": ("被评机构", "rated unit"),
    "handler": ("承办机构", "handling unit"),
    "assignee": ("承办人", "assignee"),
    "level": ("满意度", "level"),
    "channel": ("评价渠道", "channel"),
    "item": ("事项", "item"),
    "window": ("窗口", "window"),
    "tags": ("评价指标", "tags"),
    "named": ("实名", "named"),
    "contactable": ("可联系", "contactable"),
    "rating_day": ("评价日期", "rated on"),
    "opened_at": ("立单时间", "opened at"),
    "due_at": ("到期时间", "due at"),
    "overdue": ("超期", "overdue"),
    "paused": ("暂停", "paused"),
    "supervised": ("督办", "supervised"),
    "submitted_at": ("整改提交时间", "submitted at"),
    "closed_at": ("办结时间", "closed at"),
}
WORDS = {
    "undispatched": "待派发",
    "opened": "待核实",
    "verifying": "核实中",
    "rectifying": "整改中",
    "awaiting_callback": "待回访",
    "appeal_review": "申诉待审",
    "closed": "已办结",
    "satisfied": "回访满意",
    "dissatisfied": "回访不满意",
    "unreachable": "联系不上",
    "no_contact": "无联系方式",
    "invalidated": "无效差评",
    "rating": "差评",
    "undone_report": "办不成事反映",
    "hotline_ticket": "12345不满意工单",
    "letter": "来信",
    "forced_review": "被要求好评",
}
"""The Chinese of states, closings and sources, after 浙江嵊州 2024 and 国办发〔2019〕51号."""


def as_csv(rows: Iterable[Row], office: Office, language: Language) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets know it. Raises Invalid: too many."""
    return (MARK + csv_text(_lines(rows, office, language), numbers=False)).encode()


def as_xlsx(rows: Iterable[Row], office: Office, language: Language) -> bytes:
    """A workbook with one sheet whose cells are text. Raises Invalid: too many."""
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("差评工单" if language == "zh" else "cases")
    sheet.freeze_panes = "A2"
    for line in _lines(rows, office, language):
        sheet.append([_text_cell(sheet, text) for text in line])
    book.save(out)
    return out.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    return cell


def _lines(rows: Iterable[Row], office: Office, language: Language) -> Iterator[list[str]]:
    yield [names[language == "en"] for names in COLUMNS.values()]
    names = _names(office, language)
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            too_many = f"More than {MOST_ROWS} cases; narrow the list by unit, state or due_before"
            raise Invalid(too_many)
        yield [_text(row[name], office, names.get(name, {}), language) for name in COLUMNS]


def _names(office: Office, language: Language) -> dict[str, Mapping[str, str]]:
    """What the codes of a column are called; channels have labels in Chinese only."""
    known = office.directory
    channels = office.rules.channels.by_code if language == "zh" else {}
    units = {each.id: each.name for each in known.units}
    return {
        "unit": units,
        "handler": units,
        "assignee": {each.id: each.name for each in known.principals},
        "window": {each.id: each.name for each in known.windows},
        "item": {each.id: each.name for each in known.items},
        "channel": {code.value: rule.label for code, rule in channels.items()},
    }


def _text(value: Any, office: Office, names: Mapping[str, str], language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, datetime):
        return f"{value.astimezone(office.rules.region.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return "、".join(_tag(code, office) for code in value)
    text = str(value)
    return names.get(text) or (WORDS.get(text, text) if language == "zh" else text)


def _tag(code: str, office: Office) -> str:
    tag = office.rules.tags.get(code)
    return tag.label if tag else code
