"""The lists of the workbench: an officer's day, filters, many at once, tables, and the keyboard."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.console.stack import Stack
from services.contracts.calendar import calendar_of
from tests import web
from tests.pages.accessible import grave_violations
from tests.pages.cases import Cases

pytestmark = pytest.mark.browser

CALENDAR = calendar_of(load_rules(ROOT / "config" / "rules", "weiyuan").region)
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def cases(hall: Stack, tokens: dict[str, str]) -> Cases:
    """The cases of the hall."""
    return Cases(hall, tokens)


@pytest.fixture(scope="session")
def many(cases: Cases) -> set[str]:
    """Two cases more than a page holds, all of one unit."""
    return cases.open_all(52, "wjj")


@contextmanager
def moment(hall: Stack, at: datetime) -> Iterator[None]:
    """It is this time in the hall, for the length of a `with`."""

    def move(to: datetime) -> None:
        web.put(
            f"{hall.url('registry')}/v1/clock",
            json={"now": to.isoformat()},
            headers={"Authorization": f"Bearer {hall.admin_token}"},
            trust_env=False,
        ).raise_for_status()

    move(at)
    try:
        yield
    finally:
        move(datetime.now(UTC))


def next_morning() -> datetime:
    """Ten o'clock of the next working day."""
    due = CALENDAR.shift(datetime.now(UTC), 1)
    return due.replace(hour=10)


def rows(page: Page) -> list[str]:
    """The numbers of the cases in the list, in order, once all of it is there."""
    page.wait_for_load_state()
    return page.locator("table.cases tbody .code").all_inner_texts()


def test_an_officer_sees_what_presses_on_top(
    visit: Visit, hall: Stack, cases: Cases, tokens: dict[str, str]
) -> None:
    due, verified, waiting = (
        cases.open("swj", tags=["108"], phone="13800001234") for _ in range(3)
    )
    for id in (due, verified, waiting):
        cases.move("officer-swj", id, "claim")
    for id in (verified, waiting):
        cases.move("officer-swj", id, "verify")
    cases.move("officer-swj", waiting, "pause", reason="等群众补材料")
    with moment(hall, next_morning()):
        page = visit("/work", tokens["officer-swj"])
        assert rows(page) == [due, verified, waiting]
        first = page.locator("table.cases tbody tr").first
        expect(first).to_contain_text("今天到期")
        expect(first).to_contain_text(re.compile(r"还剩 (7 小时 0|6 小时 5\d) 分"))
        top = page.get_by_role("list", name="我的工单")
        expect(top).to_contain_text(
            re.compile(r"3\s*我手上的\s*0\s*.\s*已超期\s*1\s*.\s*今天到期\s*1")
        )
        top.get_by_role("link", name="等待他人").click()
        assert rows(page) == [waiting]
        page.goto("/work?tab=mine&due=today")
        assert rows(page) == [due]
        expect(page.get_by_role("link", name="CSV")).to_have_count(0)
        expect(page.get_by_label("状态").get_by_role("option", name="已办结")).to_have_count(0)
        page.goto("/work")
        assert grave_violations(page) == []
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_filters_are_set_kept_under_a_name_and_deleted(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    wanted, other = cases.open("scj", item="scj-item-2"), cases.open("scj", item="scj-item-3")
    page = visit("/work?tab=unit", tokens["officer-scj"])
    assert {wanted, other} <= set(rows(page))
    page.locator("details.filters summary").click()
    page.get_by_label("事项", exact=True).select_option(label="企业设立登记")
    page.get_by_role("button", name="筛选").click()
    assert rows(page) == [wanted]
    page.get_by_label("把这组筛选存为").fill("企业设立")
    page.get_by_role("button", name="保存").click()
    page.goto("/work?tab=unit")
    page.get_by_role("link", name="企业设立", exact=True).click()
    assert rows(page) == [wanted]
    stranger = visit("/work", tokens["officer-gaj"])
    expect(stranger.get_by_role("link", name="企业设立", exact=True)).to_have_count(0)
    page.get_by_role("button", name="删除筛选：企业设立").click()
    expect(page.get_by_role("link", name="企业设立", exact=True)).to_have_count(0)


def test_the_list_is_exported_as_it_is_filtered(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    wanted, other = cases.open("ybj", item="ybj-item-1"), cases.open("ybj", item="ybj-item-2")
    page = visit(quote("/work?tab=unit&item=ybj-item-1"), tokens["officer-ybj"])
    with page.expect_download() as csv_file:
        page.get_by_role("link", name="CSV").click()
    text = Path(csv_file.value.path()).read_text("utf-8-sig")
    found = [line[0] for line in csv.reader(text.splitlines())]
    assert wanted in found
    assert other not in found
    with page.expect_download() as xlsx:
        page.get_by_role("link", name="XLSX").click()
    assert Path(xlsx.value.path()).read_bytes().startswith(b"PK")
    assert xlsx.value.suggested_filename.endswith(".xlsx")


def test_a_dispatcher_gives_many_cases_at_once_and_sees_what_became_of_each(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    one, two, stale = (cases.open("mzj") for _ in range(3))
    page = visit(quote("/work?tab=all&handler=mzj"), tokens["dispatcher"])
    cases.move("officer-mzj", stale, "claim")
    for id in (one, two, stale):
        page.get_by_label(f"选择工单 {id}").check()
    page.get_by_label("勾选的交给").select_option("officer-mzj")
    page.get_by_role("button", name="批量指派").click()
    expect(page.get_by_role("status")).to_contain_text("2 件已交给民政局整改经办人，1 件没有交出")
    expect(page.get_by_role("row").filter(has_text=stale)).to_contain_text("情况已有变化")
    expect(page.get_by_role("row").filter(has_text=one)).to_contain_text("已指派")
    assert cases.read(two)["assignee"] == "officer-mzj"
    assert grave_violations(page) == []
    officer = visit("/work?tab=unit", tokens["officer-mzj"])
    expect(officer.get_by_role("button", name="批量指派")).to_have_count(0)


def test_ticks_stay_until_an_officer_is_chosen_and_the_way_back_leads_to_the_same_page(
    visit: Visit, many: set[str], tokens: dict[str, str]
) -> None:
    page = visit(quote("/work?tab=all&handler=wjj"), tokens["dispatcher"])
    page.get_by_role("link", name="下一页").click()
    *_, last = rows(page)
    assert last in many
    page.get_by_label(f"选择工单 {last}").check()
    page.get_by_role("button", name="批量指派").click()
    expect(page.get_by_label(f"选择工单 {last}")).to_be_checked()
    page.get_by_label("勾选的交给").select_option("officer-wjj")
    page.get_by_role("button", name="批量指派").click()
    expect(page.get_by_role("status")).to_contain_text("1 件已交给")
    page.get_by_role("link", name="工单列表").click()
    expect(page.get_by_label(f"选择工单 {last}")).to_be_visible()


def test_a_caller_registers_what_came_in_elsewhere_once(
    visit: Visit, tokens: dict[str, str]
) -> None:
    page = visit("/work", tokens["caller"])
    numbers = []
    for _ in range(2):
        page.goto("/work")
        page.get_by_role("link", name="登记工单").click()
        assert grave_violations(page) == []
        page.get_by_label("来源").select_option(label="12345不满意工单")
        page.get_by_label("原系统编号").fill("12345-2020-0001")
        page.get_by_label("被评机构").select_option(label="公安局")
        page.get_by_role("button", name="立案").click()
        expect(page.locator(".casehead")).to_contain_text("12345不满意工单 12345-2020-0001")
        numbers.append(page.url.partition("?")[0])
    assert numbers[0] == numbers[1]


def test_a_search_finds_by_words_or_says_kindly_that_there_is_nothing(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open("jtj", item="jtj-item-1")
    page = visit("/work", tokens["officer-jtj"])
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("道路运输证")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("item=jtj-item-1"))
    assert id in rows(page)
    page.goto("/work/find?q=" + "0" * 16)
    expect(page.get_by_role("heading", name="没有这个编号的工单，或不在您的范围内")).to_be_visible()
    page.goto("/work/find?q=交通运输局")
    found = page.locator("main").get_by_role("link", name=re.compile("交通运输局整改经办人"))
    expect(found).to_be_visible()
    page.goto("/work/find?q=<script>")
    expect(page.get_by_role("heading", name="没有找到“<script>”")).to_be_visible()
    assert grave_violations(page) == []


def test_the_number_of_whoever_calls_leads_to_their_case_and_a_supervisor_sees_who_looked(
    visit: Visit, hall: Stack, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open(phone="13812345678", comment="等了很久")
    page = visit("/work", tokens["caller"])
    page.locator("#q").fill("138 1234 5678")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/work/cases/{id}$"))
    elsewhere = visit("/work", tokens["officer-gaj"])
    elsewhere.locator("#q").fill("13812345678")
    elsewhere.keyboard.press("Enter")
    expect(
        elsewhere.get_by_role("heading", name="您的范围内没有 138****5678 的工单")
    ).to_be_visible()
    assert "5678" not in elsewhere.url.removeprefix(hall.url("portal"))
    looks = visit("/work/looks", tokens["supervisor"])
    expect(looks.locator("tbody").last).to_contain_text(id)
    assert grave_violations(looks) == []


def test_a_long_list_is_read_page_by_page_and_no_case_is_missed(
    visit: Visit, many: set[str], tokens: dict[str, str]
) -> None:
    page = visit("/work?tab=unit", tokens["officer-wjj"])
    first = rows(page)
    expect(page.get_by_text("第 1–50 件")).to_be_visible()
    page.get_by_role("link", name="下一页").click()
    second = rows(page)
    expect(page.get_by_text("第 51–52 件")).to_be_visible()
    assert set(first) | set(second) == many
    assert not set(first) & set(second)


def test_an_officer_without_cases_is_told_where_there_are_some(
    visit: Visit, tokens: dict[str, str]
) -> None:
    page = visit("/work", tokens["officer-town-f"])
    expect(page.get_by_role("heading", name="您手上没有工单")).to_be_visible()
    page.get_by_role("link", name="去看看").click()
    expect(page.get_by_role("heading", name="这里没有工单")).to_be_visible()


def test_a_case_is_worked_with_the_keyboard_alone(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open("zjj")
    page = visit(f"/work/cases/{id}", tokens["officer-zjj"])
    page.locator("#move-claim summary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="已完成：认领")).to_be_visible()
    assert cases.read(id)["state"] == "verifying"
