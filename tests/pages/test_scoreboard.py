"""The public scoreboard, in a real browser: nobody signs in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from services.adapters.pages.assets import AssetsOnDisk
from services.adapters.pages.rendering import environment
from services.adapters.pages.visitor import CHINESE, Visitor
from services.console.stack import Stack
from services.score.months import CHECKS
from tests import web
from tests.pages.accessible import grave_violations
from tests.pages.cases import eventually

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
MONTH = "2026-03"
"""Nobody else's month; and no press of it is bad, so that no case stands in anybody's list."""
PRESSES = {"swj": {5: 40, 4: 5, 3: 1}, "gaj": {5: 46}, "ybj": {5: 40, 4: 6}, "mzj": {5: 3}}


@pytest.fixture(scope="module")
def ask(hall: Stack, tokens: dict[str, str]) -> Callable[..., Any]:
    """Ask a service as one of the county's people."""

    def asked(who: str, method: str, service: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {tokens[who]}"}
        url = f"{hall.url(service)}{path}"
        answer = web.request(method, url, headers=headers, json=body, timeout=60, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    return asked


@pytest.fixture(scope="module")
def board(ask: Callable[..., Any]) -> str:
    """Where a month is shown in which three departments were rated enough, and one was not."""
    presses = [press(unit, level, n) for unit, by in PRESSES.items() for level, n in by.items()]
    backlog = [each for some in presses for each in some]
    ask("system-tablet", "POST", "capture", "/v1/ratings:batch", backlog)
    tallies = f"/v1/tallies?from={MONTH}-01&to={MONTH}-31"

    def counted() -> bool | None:
        found = ask("scorer", "GET", "score", tallies)
        return True if found["fresh"] and found["total"] >= len(backlog) else None

    eventually(counted)
    ask("scorer", "POST", "score", f"/v1/months/{MONTH}:close", {"accept": list(CHECKS)})
    ask("scorer", "POST", "score", f"/v1/months/{MONTH}:publish")
    return f"/scoreboard/{MONTH}"


def press(unit: str, level: int, count: int) -> list[dict[str, Any]]:
    """So many presses of a level at the first window of a unit, on the tenth."""
    about = {"level": level, "channel": "tablet", "window": f"{unit}-1"}
    return [
        {**about, "rating_id": str(uuid.uuid4()), "pressed_at": f"{MONTH}-10T10:{n:02}:00+08:00"}
        for n in range(count)
    ]


def unit(page: Page, id: str) -> Locator:
    """The card of a unit."""
    return page.locator(f"[data-unit={id}]")


def test_everybody_sees_places_rates_and_where_they_come_from(visit: Visit, board: str) -> None:
    page = visit(board)
    expect(page.get_by_role("heading", level=1)).to_contain_text(MONTH)
    expect(unit(page, "gaj")).to_contain_text("第 1 名")
    rated = unit(page, "swj")
    expect(rated).to_contain_text("第 3 名")
    expect(rated.locator(".levels div").nth(2)).to_contain_text("2.17%")
    assert rated.locator("rect.level-3").bounding_box()["width"] > 60  # type: ignore[index]
    rated.get_by_text("得分构成与其他指标").click()
    expect(rated.get_by_role("row", name="政务服务质量")).to_contain_text("/ ")
    expect(page.get_by_text("gansu-weiyuan v1")).to_be_visible()
    expect(page.get_by_text("深圳 2024: 3,591 ÷ 23,736,000")).to_be_visible()
    picture(page, "board-1440")


def test_a_unit_with_few_ratings_is_named_and_leads_to_its_quarter(
    visit: Visit, board: str
) -> None:
    page = visit(f"{board}?index=efficiency-index")
    expect(page.get_by_label("按哪个指数")).to_have_value("efficiency-index")
    small = unit(page, "mzj")
    expect(small).to_contain_text("评价少于 5 个，不单独公布。")
    expect(small).to_contain_text("请看 2026-Q1 季度，尚未公布")
    expect(small.locator("svg")).to_have_count(0)
    csv, told = (page.request.get(f"{board}.{kind}") for kind in ("csv", "json"))
    assert csv.body().startswith(b"\xef\xbb\xbf")
    assert told.json()["period"] == MONTH
    assert "max-age=60" in told.headers["cache-control"]


def test_a_phone_reads_it_in_english_without_scrolling_sideways(visit: Visit, board: str) -> None:
    page = visit(board, width=390, height=844)
    page.get_by_role("link", name="English").click()
    expect(unit(page, "mzj")).to_contain_text("Fewer than 5 ratings: not shown on its own.")
    unit(page, "swj").get_by_text("Parts of the score").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert grave_violations(page) == []
    picture(page, "board-390")


def test_a_period_that_was_not_published_is_a_kind_404_and_the_newest_is_shown_first(
    visit: Visit, board: str
) -> None:
    page = visit("/scoreboard/2020-13")
    expect(page.get_by_role("heading", level=1)).to_have_text("这里没有您可以看的内容")
    page.goto("/scoreboard")
    expect(page.get_by_role("link", name=MONTH)).to_be_visible()


def test_before_the_first_month_the_page_says_when_there_will_be_one(visit: Visit) -> None:
    """The hall may have published by now, so the page is given the template itself."""
    assets = AssetsOnDisk()
    drawn = environment(CHINESE)
    drawn.globals["asset"] = assets.address
    template = drawn.get_template("scoreboard/empty.html")
    html = template.render(visitor=Visitor(), here="/scoreboard", own_form=str)
    page = visit("/healthz")
    page.route("**/scoreboard", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("/scoreboard")
    expect(page.get_by_role("heading", level=2)).to_have_text("还没有公布任何一个月的成绩")
    assert grave_violations(page) == []
    picture(page, "empty-1440")


def picture(page: Page, name: str) -> None:
    """Keep a picture where pictures are looked at."""
    folder = Path("/tmp/shots")
    if folder.exists():
        page.screenshot(path=folder / f"scoreboard-{name}.png", full_page=True)
