"""The page of whoever sits at a window, in a real browser."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from services.console.stack import Stack
from tests import web
from tests.pages.accessible import grave_violations

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
WINDOW = "clk-1"
PATIENCE_S = 60.0
CLERK = {"id": "clk-min", "name": "敏", "roles": ["clerk"], "unit": "rsj", "window": WINDOW}


def ask(hall: Stack, method: str, service: str, path: str, token: str, **said: Any) -> Any:
    """What a service answers to whoever holds the token."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{hall.url(service)}{path}"
    answer = web.request(method, url, headers=headers, timeout=30, trust_env=False, **said)
    answer.raise_for_status()
    return answer.json()


def until(holds: Callable[[], Any]) -> None:
    """Wait for a condition."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def clerk(hall: Stack, tokens: dict[str, str]) -> str:
    """The token of somebody at a window that was rated last month: 6 × 5, 7 × 4 and 1 × 1."""
    admin = hall.admin_token
    directory = ask(hall, "GET", "registry", "/v1/registry", admin)
    window = {"id": WINDOW, "name": "人社局9号窗口", "hall": "县政务服务大厅", "unit": "rsj"}
    directory["windows"].append(window)
    ask(hall, "PUT", "registry", "/v1/registry", admin, json=directory)
    ask(hall, "PUT", "registry", f"/v1/people/{CLERK['id']}", admin, json=CLERK)
    token: str = ask(hall, "POST", "registry", f"/v1/people/{CLERK['id']}:token", admin)["token"]
    for level in (5,) * 6 + (4,) * 7 + (1,):
        press(hall, tokens, level)
    until(lambda: len(own_cases(hall, token)) == 1)
    until(lambda: last_month(hall, token)["levels"]["4"] == 7)
    return token


def press(hall: Stack, tokens: dict[str, str], level: int) -> None:
    """A press on the tenth of last month."""
    at = {"pressed_at": tenth_of_last_month(hall).isoformat()}
    said = {"rating_id": str(uuid.uuid4()), "level": level, "channel": "tablet", "window": WINDOW}
    ask(hall, "POST", "capture", "/v1/ratings", tokens["system-tablet"], json=said | at)


def tenth_of_last_month(hall: Stack) -> datetime:
    """Ten in the morning by the clock of the installation."""
    found = ask(hall, "GET", "registry", "/v1/installation", hall.admin_token)["now"]
    first = datetime.fromisoformat(found).replace(day=1, hour=2)
    return (first - timedelta(days=1)).replace(day=10)


def own_cases(hall: Stack, token: str) -> Any:
    """What the window sees of its cases; nothing while the token is not known yet."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{hall.url('rectify')}/v1/my-window/cases"
    answer = web.get(url, headers=headers, timeout=30, trust_env=False)
    return answer.json() if answer.is_success else []


def last_month(hall: Stack, token: str) -> Any:
    """The newest month that the window is shown."""
    return ask(hall, "GET", "score", "/v1/my-window", token)["months"][0]


def test_a_window_sees_its_months_in_groups_and_small_ones_not_at_all(
    visit: Visit, hall: Stack, clerk: str
) -> None:
    page = visit("/my-window", clerk)
    expect(page.get_by_role("heading", level=1)).to_have_text("人社局9号窗口")
    row = page.get_by_role("row", name=re.compile(f"{tenth_of_last_month(hall):%Y-%m}"))
    cells = row.get_by_role("cell")
    expect(cells.nth(0)).to_have_text("6")
    expect(cells.nth(1)).to_have_text("7")
    for position in (2, 3, 4):
        expect(cells.nth(position)).to_have_text("少于 5")
    expect(cells.nth(5)).to_have_text("—")
    assert grave_violations(page) == []


def test_a_clerk_states_what_happened_and_the_officer_reads_it(
    visit: Visit, hall: Stack, clerk: str, tokens: dict[str, str]
) -> None:
    page = visit("/my-window", clerk)
    page.get_by_text("写陈述").click()
    page.get_by_label("当时的情况").fill("当天系统断网，已当面道歉。")
    page.get_by_role("button", name="提交陈述").click()
    expect(page.get_by_role("status")).to_contain_text("陈述已加入工单")
    expect(page.get_by_text("已有 1 次陈述")).to_be_visible()
    [case] = own_cases(hall, clerk)
    assert case.keys() == {"id", "month", "state", "stated"}
    read = ask(hall, "GET", "rectify", f"/v1/cases/{case['id']}", tokens["officer-rsj"])
    line = read["history"][-1]
    assert (line["move"], line["by"]) == ("statement", "clk-min")
    assert line["details"]["text"] == "当天系统断网，已当面道歉。"
    picture(page, "1440")
    officer = visit(f"/work/cases/{case['id']}", tokens["officer-rsj"])
    expect(officer.get_by_text("当天系统断网，已当面道歉。")).to_be_visible()


def test_a_session_that_ended_costs_a_clerk_nothing_that_was_typed(
    visit: Visit, clerk: str
) -> None:
    page = visit("/my-window", clerk)
    page.wait_for_load_state()
    page.get_by_text("写陈述").click()
    page.get_by_label("当时的情况").fill("写了很久")
    page.context.clear_cookies()
    page.get_by_role("button", name="提交陈述").click()
    page.get_by_label("个人令牌").fill(clerk)
    page.get_by_role("button", name="用令牌进入").click()
    expect(page).to_have_url(re.compile("/my-window$"))
    expect(page.get_by_label("当时的情况")).to_have_value("写了很久")
    expect(page.get_by_text("已恢复您上次没有提交的内容")).to_be_visible()
    page.get_by_role("button", name="提交陈述").click()
    expect(page.get_by_role("status")).to_contain_text("陈述已加入工单")
    page.goto("/my-window")
    expect(page.get_by_label("当时的情况")).to_have_value("")


def test_a_clerk_reads_no_case_no_score_and_no_registry(
    visit: Visit, hall: Stack, clerk: str
) -> None:
    [case] = own_cases(hall, clerk)
    headers = {"Authorization": f"Bearer {clerk}"}
    for service, path in (
        ("rectify", f"/v1/cases/{case['id']}"),
        ("rectify", "/v1/cases"),
        ("score", "/v1/scores/2020-01"),
        ("registry", "/v1/registry"),
    ):
        url = f"{hall.url(service)}{path}"
        assert web.get(url, headers=headers, trust_env=False).status_code == 403


def test_the_page_of_a_window_fits_a_phone(visit: Visit, clerk: str) -> None:
    page = visit("/my-window", clerk, width=390, height=844)
    page.get_by_text("写陈述").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert grave_violations(page) == []
    picture(page, "390")


def test_nobody_else_has_a_window(visit: Visit, tokens: dict[str, str]) -> None:
    page = visit("/my-window", tokens["officer-rsj"])
    expect(page.get_by_role("heading", level=1)).to_have_text("您没有做这件事的权限")


def picture(page: Page, width: str) -> None:
    """Keep a picture where pictures are looked at."""
    folder = Path("/tmp/shots")
    if folder.exists():
        page.screenshot(path=folder / f"clerk-window-{width}.png", full_page=True)
