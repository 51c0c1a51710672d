"""Tables of the registry: what spreadsheets save is read, and every mistake names its row."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.actor import Role
from services.contracts.csvfile import csv_text
from services.contracts.directory import Directory, Window
from services.errors import Malformed
from services.registry.columns import HEADINGS, TABLES
from services.registry.merging import Merged, merge
from services.registry.sheet import NO_FORMULA, read_sheet, value_of
from tests.county import DIRECTORY

ZONE = ZoneInfo("Asia/Shanghai")


def read(text: str, kind: str = "windows", encoding: str = "utf-8") -> Merged:
    """The county with the rows of a table."""
    table = TABLES[kind]
    return merge(DIRECTORY, table, read_sheet(text.encode(encoding), table, ZONE))


def mistakes(text: str, kind: str = "windows") -> list[tuple[int, str | None, str]]:
    """What is wrong, and that nothing was changed."""
    merged = read(text, kind)
    assert merged.directory is DIRECTORY
    return [(each.row, each.column, each.detail) for each in merged.mistakes]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("head", ["id,name,hall,unit", "编号,名称,大厅,所属机构"])
def test_what_spreadsheets_save_is_read(encoding: str, head: str) -> None:
    merged = read(f"{head}\r\nw2,2号窗口,大厅,tax\r\n\r\n", encoding=encoding)
    assert merged.mistakes == ()
    assert merged.directory.window["w2"] == Window(id="w2", name="2号窗口", hall="大厅", unit="tax")
    assert [(each.row, each.what) for each in merged.changes] == [(2, "added")]


@pytest.mark.parametrize("kind", TABLES)
def test_the_example_of_each_table_is_read_as_its_headings_say(kind: str) -> None:
    table = TABLES[kind]
    text = csv_text([table.headings, *table.examples], numbers=False)
    sheet = read_sheet(text.encode(), table, ZONE)
    assert (sheet.mistakes, len(sheet.lines)) == ([], 2)
    assert set(table.columns) <= set(HEADINGS)


def test_every_mistake_names_its_row_and_column_and_nothing_is_changed() -> None:
    text = "id,name,hall,unit,active_from\nw2,,大厅,tax,\nw3,3号,大厅,gone,\nw4,4号,大厅,tax,明天\n"
    assert mistakes(text) == [
        (2, "name", "is empty, and has to be filled in"),
        (3, "unit", "unit gone is not in the registry"),
        (4, "active_from", "明天 is no day; write it like 2026-01-31"),
    ]


def test_what_points_to_a_row_with_a_mistake_is_not_blamed_for_it() -> None:
    text = "id,name,parent,active_from\nnew,新局,county,明天\nbelow,科室,new,\n"
    assert [row for row, _, _ in mistakes(text, "units")] == [2]


def test_headings_that_are_missing_or_unknown_are_named() -> None:
    assert mistakes("id,name,hall,colour\nw2,2,大厅,red\n") == [
        (1, "colour", "is no column here; these are: id, name, hall, unit, active_from, active_to"),
        (1, "unit", "this column is missing"),
    ]


def test_a_row_that_stands_there_twice_is_named() -> None:
    [(row, column, detail)] = mistakes("id,name,hall,unit\nw2,a,h,tax\nw2,b,h,tax\n")
    assert (row, column) == (3, "id")
    assert detail == "w2 stands in another row of this file already (2)"


def test_a_cell_is_never_a_formula() -> None:
    [(row, column, detail)] = mistakes('id,name,hall,unit\nw2,"=HYPERLINK(1)",h,tax\n')
    assert (row, column, detail) == (2, "name", NO_FORMULA)
    assert value_of("'=1号", "name", ZONE) == "=1号"


@given(st.text("=+-@'ab号", min_size=1).filter(lambda text: not text.startswith("'")))
def test_a_text_comes_back_as_it_went_out(name: str) -> None:
    table = TABLES["units"]
    sheet = read_sheet(csv_text([("id", "name"), ("u", name)], numbers=False).encode(), table, ZONE)
    assert [line.said["name"] for line in sheet.lines] == [name]


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_empties() -> None:
    only_names = read("id,name\nkiosk-1,新名\n", "devices").mistakes
    assert [each.column for each in only_names] == ["unit"]
    merged = read("id,name,unit\nkiosk-1,新名,land\n", "devices")
    assert merged.directory.device["kiosk-1"].window == "w1"
    assert merged.changes[0].fields == {"name": ("评价器", "新名")}
    emptied = read("id,name,unit,window\nkiosk-1,评价器,land,\n", "devices")
    assert emptied.directory.device["kiosk-1"].window is None


def test_a_window_moves_by_two_rows_with_their_dates() -> None:
    text = (
        "编号,名称,大厅,所属机构,启用日期,停用日期\n"
        "w1,1号窗口,大厅,tax,,2026/7/1\nw1,1号窗口,大厅,land,2026-07-01,\n"
    )
    merged = read(text)
    assert merged.mistakes == ()
    july = datetime(2026, 7, 1, tzinfo=ZONE)
    assert [(each.unit, each.active_from) for each in merged.directory.window_periods["w1"]] == [
        ("tax", None),
        ("land", july),
    ]


def test_people_come_by_table_and_keep_their_tokens() -> None:
    merged = read("id,name,roles,unit\nhall,大厅,system,\nli,李,officer；approver,tax\n", "people")
    assert merged.mistakes == ()
    people = {each.id: each for each in merged.directory.principals}
    assert people["li"].roles == {Role.OFFICER, Role.APPROVER}
    assert people["hall"].token_hash == DIRECTORY.principals[1].token_hash
    assert "token_hash" not in str(merged.changes)
    assert mistakes("id,name,roles\nli,李,boss\n", "people")[0][:2] == (2, "roles")


def test_what_is_neither_utf8_nor_gbk_is_refused() -> None:
    with pytest.raises(Malformed):
        read_sheet(b"id,name\n\xff\xff\xff", TABLES["units"], ZONE)


def test_times_of_the_day_are_read_as_spreadsheets_write_them() -> None:
    merged = read("id,name,unit,opens,closes\nkiosk-1,评价器,land,8:30,17:00:00\n", "devices")
    kiosk = merged.directory.device["kiosk-1"]
    assert (f"{kiosk.opens:%H:%M}", f"{kiosk.closes:%H:%M}") == ("08:30", "17:00")


def test_an_empty_registry_takes_its_first_table() -> None:
    table = TABLES["units"]
    text = csv_text([table.headings, *table.examples])
    merged = merge(Directory(), table, read_sheet(text.encode(), table, ZONE))
    assert (merged.mistakes, len(merged.directory.units)) == ((), 2)
