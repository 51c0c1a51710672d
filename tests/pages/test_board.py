"""The board in a real browser: today, the month from checks to its revision, and every digit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from services.console.stack import Stack
from services.score.months import CHECKS
from tests.pages.accessible import grave_violations
from tests.pages.cases import Cases, eventually
from tests.pages.kiosks import AtKiosk, Place
from tests.pages.months import Months

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
AUGUST, SEPTEMBER, OCTOBER = "2026-08", "2026-09", "2026-10"
REFRESHED_EVERY_MS = 10_000
IN_AUGUST = {"rsj": {5: 40}, "mzj": {5: 38, 4: 2}}
IN_SEPTEMBER = {"rsj": {5: 38, 1: 2}, "mzj": {5: 40}, "gaj": {5: 5}}


@pytest.fixture(scope="module")
def months(hall: Stack, tokens: dict[str, str]) -> Months:
    """The months of the hall, two of them published."""
    found = Months(hall, tokens)
    found.publish(AUGUST, IN_AUGUST)
    found.publish(SEPTEMBER, IN_SEPTEMBER)
    return found


@pytest.fixture
def scorer(visit: Visit, tokens: dict[str, str]) -> Callable[..., Page]:
    """The scorer opens a page."""
    return lambda path, **how: visit(path, tokens["scorer"], **how)


def row(page: Page, name: str) -> Locator:
    """The row of a unit or figure."""
    return page.locator("tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def test_a_press_on_the_kiosk_becomes_a_case_that_is_closed_and_a_month_that_is_published(
    browser: Browser, hall: Stack, visit: Visit, tokens: dict[str, str], months: Months
) -> None:
    cases, place = Cases(hall, tokens), Place(hall)
    with months.at(f"{OCTOBER}-28T10:00"):
        context = browser.new_context(base_url=hall.url("portal"), locale="zh-CN")
        AtKiosk.arrive(context, place).enrolled().rate(1)
        rating = place.stored(1)[0]
        context.close()
        id = cases.id_about(rating["_id"])
        eventually(lambda: cases.read(id).get("handler"))
        officer = visit(f"/work/cases/{id}", tokens[f"officer-{rating['unit']}"])
        for move in ("claim", "verify", "submit"):
            form = officer.locator(f"#move-{move}")
            if form.get_attribute("open") is None:
                form.locator("summary").click()
            if move == "submit":
                form.get_by_label("整改措施与答复").fill("已增开一个窗口")
            form.locator("form button").last.click()
            expect(officer.get_by_role("status").first).to_be_visible()
        expect(officer.locator(".casehead").get_by_text("已办结").first).to_be_visible()
        months.set_clock("2026-11-02T09:00")
        months.counted(OCTOBER, 1)
        scorer = visit(f"/board/{OCTOBER}", tokens["scorer"])
        for box in scorer.get_by_label("我知道，照此关账").all():
            box.check()
        scorer.get_by_role("button", name="关账", exact=True).click()
        expect(scorer.get_by_text("已关账。核对无误后即可公布。")).to_be_visible()
        scorer.get_by_role("button", name=f"公布 {OCTOBER}").click()
        expect(scorer.get_by_text("已公布，这一版不再改变。")).to_be_visible()
        scorer.goto(f"/board/{OCTOBER}/units/{rating['unit']}/rectified_on_time_rate")
        expect(scorer.get_by_text("1 ÷ 1")).to_be_visible()
        expect(scorer.get_by_text(id)).to_be_visible()


def test_today_is_live_and_every_number_leads_to_its_ratings(
    scorer: Callable[..., Page], months: Months, tokens: dict[str, str], hall: Stack
) -> None:
    page = scorer("/board")
    page.clock.install()
    page.reload()
    bad = page.locator("#live .figure").nth(1)
    before = int(bad.locator("b").inner_text())
    bad.get_by_role("link").focus()
    Cases(hall, tokens).open(unit="rsj")

    def has_come() -> bool | None:
        page.clock.run_for(REFRESHED_EVERY_MS)
        return int(bad.locator("b").inner_text()) == before + 1 or None

    eventually(has_come)
    expect(bad.get_by_role("link")).to_be_focused()
    bad.get_by_role("link").click()
    expect(page.get_by_role("heading", name="评价明细")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(before + 1)


def test_a_unit_that_fell_says_why_down_to_the_ratings(
    scorer: Callable[..., Page], months: Months
) -> None:
    page = scorer(f"/board/{SEPTEMBER}")
    fallen = row(page, "人社局")
    expect(fallen.locator(".change.down")).to_be_visible()
    expect(fallen.locator(".why").first).to_contain_text("→")
    fallen.get_by_role("link").first.click()
    page.get_by_role("link", name="好评率", exact=True).first.click()
    expect(page.get_by_text("38 ÷ 40")).to_be_visible()
    page.get_by_role("button", name="用原始记录重新计算一遍").click()
    expect(page.get_by_text("得到同一个数：38 ÷ 40")).to_be_visible()


def test_a_small_sample_is_listed_and_not_ranked(
    scorer: Callable[..., Page], months: Months
) -> None:
    page = scorer(f"/board/{SEPTEMBER}")
    page.get_by_text("个机构不排名").click()
    unranked = page.locator("details").filter(has_text="不排名")
    expect(row(page, "公安局").and_(unranked.locator("tr"))).to_contain_text("2026-Q3")


def test_a_press_that_comes_late_becomes_a_revision_with_its_cause(
    scorer: Callable[..., Page], months: Months
) -> None:
    months.rate(f"{SEPTEMBER}-11", "mzj", {1: 1})
    months.counted(SEPTEMBER, 86)
    page = scorer(f"/board/{SEPTEMBER}")
    for box in page.get_by_label("我知道，照此关账").all():
        box.check()
    page.get_by_label("为什么修订").fill("设备补传")
    page.get_by_role("button", name="修订并公布").dblclick()
    expect(page.get_by_text("修订版已公布")).to_be_visible()
    expect(page.locator(".revisions li")).to_have_count(2)
    expect(page.locator("#month")).to_contain_text("公布后才收到的评价 1")
    page.get_by_role("link", name="改了什么").click()
    expect(row(page, "民政局").locator(".change.down")).to_be_visible()


def test_a_revision_decided_upon_an_older_one_is_not_made_and_says_what_happened_meanwhile(
    scorer: Callable[..., Page], months: Months
) -> None:
    page = scorer(f"/board/{AUGUST}")
    for box in page.get_by_label("我知道，照此关账").all():
        box.check()
    page.get_by_label("为什么修订").fill("设备补传")
    months.decide(AUGUST, "revise", json={"accept": list(CHECKS), "cause": "设备补传"})
    page.get_by_role("button", name="修订并公布").click()
    expect(page.get_by_role("alert")).to_contain_text("这一期有了新的决定")
    expect(page.locator(".revisions li")).to_have_count(2)


def test_an_open_check_keeps_the_month_open_and_is_told(
    scorer: Callable[..., Page], months: Months
) -> None:
    with months.at("2026-07-28T12:00"):
        months.rate("2026-07-10", "rsj", {1: 1})
        months.counted("2026-07", 1)
        months.set_clock("2026-08-01T08:00")
        page = scorer("/board/2026-07")
        page.get_by_role("button", name="关账", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("没有做成，什么都没有改变")
        expect(page.locator(".checks tr.open", has_text="尚未定论的工单")).to_be_visible()


def test_a_month_that_was_closed_is_closed_again_though_something_is_open_that_was_not_then(
    scorer: Callable[..., Page], months: Months
) -> None:
    with months.at("2026-06-28T12:00"):
        months.rate("2026-06-10", "rsj", {5: 1})
        months.counted("2026-06", 1)
        months.set_clock("2026-07-01T08:00")
        months.decide("2026-06", "close", json={"accept": list(CHECKS)})
        months.rate("2026-06-11", "rsj", {1: 1})
        months.counted("2026-06", 2)
        page = scorer("/board/2026-06")
        page.get_by_role("button", name="重新关账").click()
        expect(page.get_by_role("alert")).to_contain_text("尚未定论的工单 1")
        page.locator(".checks tr.open", has_text="尚未定论的工单").get_by_role("checkbox").check()
        page.get_by_role("button", name="重新关账").click()
        expect(page.get_by_text("已关账。核对无误后即可公布")).to_be_visible()
        expect(page.locator(".figure", has_text="差评").first).to_contain_text("1")


def test_what_if_shows_another_index_and_keeps_nothing(
    scorer: Callable[..., Page], months: Months
) -> None:
    page = scorer(f"/board/{AUGUST}/what-if")
    page.get_by_label("换成另一个指数").select_option("efficiency-index")
    page.get_by_role("button", name="算一算").click()
    expect(row(page, "人社局")).to_be_visible()
    page.get_by_text("或者贴上一个指数文件").click()
    page.get_by_label("指数文件", exact=True).fill("id: x\nterms: []")
    page.get_by_role("button", name="算一算").click()
    expect(page.get_by_role("alert")).to_contain_text("没有算成")
    expect(page.get_by_label("指数文件", exact=True)).to_have_value("id: x\nterms: []")


def test_the_report_comes_as_a_workbook(scorer: Callable[..., Page], months: Months) -> None:
    page = scorer(f"/board/{AUGUST}")
    with page.expect_download() as file:
        page.get_by_role("link", name="XLSX").click()
    assert Path(file.value.path()).read_bytes().startswith(b"PK")


def test_a_supervisor_reads_and_does_not_decide(
    visit: Visit, months: Months, tokens: dict[str, str]
) -> None:
    page = visit(f"/board/{AUGUST}", tokens["supervisor"])
    expect(page.get_by_role("heading", name=re.compile(AUGUST))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("关账|公布|修订"))).to_have_count(0)


def test_the_board_is_usable_at_every_width_and_by_everybody(
    scorer: Callable[..., Page], months: Months
) -> None:
    page = scorer("/board")
    for path in (
        f"/board?last={SEPTEMBER}-12",
        "/board?last=2020-01-31",
        f"/board/{SEPTEMBER}",
        f"/board/{SEPTEMBER}/units/rsj",
        f"/board/{SEPTEMBER}/units/rsj/good_rate",
        f"/board/{SEPTEMBER}/compare",
        f"/board/{SEPTEMBER}/what-if",
        f"/board/records?first={SEPTEMBER}-10&last={SEPTEMBER}-10&bad=true",
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, path
        assert grave_violations(page) == [], path
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide"


def test_the_board_reads_in_english(scorer: Callable[..., Page], months: Months) -> None:
    page = scorer(f"/board/{SEPTEMBER}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Close and publish")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Main causes")).to_be_visible()


def test_the_ratings_behind_a_number_stay_the_same_in_english(scorer: Callable[..., Page]) -> None:
    asked = f"/board/records?first={SEPTEMBER}-10&last={SEPTEMBER}-10&unit=rsj&tag=208"
    page = scorer(quote(asked))
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile(re.escape(asked) + "$"))
    expect(page.locator(".lead")).to_contain_text("No list of papers")


def test_a_month_that_nobody_knows_is_said_kindly(scorer: Callable[..., Page]) -> None:
    page = scorer("/board/2026-13")
    expect(page.get_by_text("这里没有您可以看的内容")).to_be_visible()
