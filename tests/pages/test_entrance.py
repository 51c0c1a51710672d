"""The way in, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_an_officer_signs_in_and_is_greeted_by_name(
    visit: Callable[..., Page], tokens: dict[str, str]
) -> None:
    page = visit("/", tokens["dispatcher"])
    expect(page.get_by_text("县级 dispatcher")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


def test_a_wrong_token_is_said_kindly_and_nothing_is_opened(visit: Callable[..., Page]) -> None:
    page = visit("/signin")
    page.get_by_label("个人令牌").fill("nobody's")
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("没有人持有这个令牌")


def test_the_pages_can_be_read_in_english(visit: Callable[..., Page]) -> None:
    page = visit("/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Staff sign-in")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("link", name="工作人员登录")).to_be_visible()
