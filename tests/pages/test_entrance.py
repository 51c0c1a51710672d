"""The way in, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from services.console.stack import Stack
from tests.pages.accessible import grave_violations

pytestmark = pytest.mark.browser


def test_an_officer_signs_in_and_is_greeted_by_name(
    visit: Callable[..., Page], tokens: dict[str, str]
) -> None:
    page = visit("/", tokens["dispatcher"])
    expect(page.get_by_text("县派单员")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


def test_a_wrong_token_is_said_kindly_and_nothing_is_opened(visit: Callable[..., Page]) -> None:
    page = visit("/signin")
    page.get_by_label("个人令牌").fill("nobody's")
    page.get_by_role("button", name="用令牌进入").click()
    expect(page.get_by_role("alert")).to_contain_text("没有人持有这个令牌")


def test_the_pages_can_be_read_in_english(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Staff sign-in")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("link", name="工作人员登录")).to_be_visible()


def test_whoever_is_given_a_password_chooses_an_own_one_and_signs_in_with_it(
    visit: Callable[..., Page], hall: Stack
) -> None:
    admin = visit("/admin/people/caller", hall.admin_token)
    admin.get_by_role("button", name="发一次性密码").click()
    once = admin.locator("#given").inner_text()
    assert grave_violations(admin) == []
    admin.goto("/admin/people/caller")
    expect(admin.get_by_text(once)).to_have_count(0)

    page = visit("/signin?next=/work")
    assert grave_violations(page) == []
    page.get_by_label("用户名").fill("Caller")
    page.get_by_label("密码", exact=True).fill(once)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="请设置您自己的密码")).to_be_visible()
    choose(page, once, "haoping-123456")
    expect(page.get_by_role("alert")).to_contain_text("最容易被猜到")
    assert grave_violations(page) == []
    choose(page, once, "四月的河水很凉而且很清澈")
    expect(page).to_have_url(re.compile("/work"))

    page.get_by_role("button", name="退出").click()
    page.goto("/signin")
    page.get_by_label("用户名").fill("caller")
    page.get_by_label("密码", exact=True).fill("四月的河水很凉而且很清澈")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    admin.reload()
    expect(admin.get_by_text("登录会话").first).to_be_visible()
    admin.get_by_role("button", name="收回“登录会话”").first.click()
    expect(admin.get_by_role("status")).to_contain_text("马上失效")
    page.goto("/work")
    expect(page).to_have_url(re.compile("/signin"))


def choose(page: Page, old: str, new: str) -> None:
    """Fill in and send the form of choosing a password."""
    page.get_by_label("一次性密码").fill(old)
    page.get_by_label("新密码", exact=True).fill(new)
    page.get_by_label("再输入一次新密码").fill(new)
    page.get_by_role("button", name="保存新密码").click()
