"""A citizen's phone: a link, a plate and a receipt, in a real browser, with and without scripts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.stack import Stack
from tests import web
from tests.pages.accessible import grave_violations

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
WINDOW, UNIT, ITEM = "rsj-1", "rsj", "rsj-item-1"
SHOWN_WIDTH = "image => image.decode().then(() => image.naturalWidth)"
ATTACK = "<script>document.title='owned'</script>非常满意"


@pytest.fixture
def invite(hall: Stack, tokens: dict[str, str]) -> Callable[..., str]:
    """Issue a link about a new errand, or the plate of a window; the path that it opens."""

    def issued(what: str = "links", **about: Any) -> str:
        fresh = {
            "channel": "sms",
            "source_system": "portal",
            "errand_number": uuid.uuid4().hex,
            "window": WINDOW,
            "unit": UNIT,
            "item": ITEM,
            "expires": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        }
        body = {"window": WINDOW} if what == "plates" else fresh | about
        headers = {"Authorization": f"Bearer {tokens['system-sms']}"}
        answer = web.post(f"{hall.url('capture')}/v1/{what}", json=body, headers=headers)
        answer.raise_for_status()
        url: str = answer.json()["url"]
        assert url.startswith(hall.url("portal"))
        return url.removeprefix(hall.url("portal"))

    return issued


def rate(page: Page, face: str, comment: str = "") -> None:
    """Choose a face, say something, send."""
    page.get_by_text(face, exact=True).click()
    if comment:
        page.get_by_text("再说几句").click()
        page.get_by_label("您的话").fill(comment)
    page.get_by_role("button", name="提交评价").click()


def test_a_link_is_rated_once_and_leads_to_a_receipt(
    visit: Callable[..., Page], invite: Callable[..., str]
) -> None:
    link = invite()
    page = visit(link, **PHONE)
    assert grave_violations(page) == []
    rate(page, "非常不满意", ATTACK)
    expect(page.get_by_text("谢谢，您的评价已经收到")).to_be_visible()
    assert grave_violations(page) == []
    page.goto(link)
    expect(page.get_by_role("heading", name="这个链接已经用过了")).to_be_visible()
    expect(page).not_to_have_title("owned")
    assert grave_violations(page) == []


def test_only_the_tags_of_the_chosen_face_are_shown(
    visit: Callable[..., Page], invite: Callable[..., str]
) -> None:
    page = visit(invite(), **PHONE)
    expect(page.get_by_text("哪些方面")).to_have_count(5)
    expect(page.locator("fieldset:visible")).to_have_count(0)
    page.get_by_text("不满意", exact=True).click()
    expect(page.locator("fieldset:visible")).to_have_count(1)


def test_without_scripts_a_rating_arrives_and_a_second_sending_is_the_same(
    browser: Browser, hall: Stack, invite: Callable[..., str]
) -> None:
    context = browser.new_context(base_url=hall.url("portal"), java_script_enabled=False)
    page, link = context.new_page(), invite()
    page.goto(link)
    sent: dict[str, str | float | bool] = {"level": "4"}
    sent["press"] = page.locator("input[name=press]").input_value()
    rate(page, "满意")
    first = page.locator(".big-code").inner_text()
    again = page.request.post(link, form=sent, headers={"Origin": hall.url("portal")})
    assert again.ok
    assert first in again.text()
    context.close()


def test_what_may_have_arrived_is_sent_again_as_the_same_press(
    visit: Callable[..., Page], hall: Stack, invite: Callable[..., str]
) -> None:
    """The page of a plate opened anew would be another press: one citizen, two ratings."""
    page = visit(invite("plates"), **PHONE)
    page.wait_for_load_state()
    press = page.locator("input[name=press]").input_value()
    hall.kill("capture")
    rate(page, "不满意", "等了三周")
    expect(page.get_by_role("heading", name="暂时无法提交")).to_be_visible()
    assert grave_violations(page) == []
    assert page.locator("input[name=press]").input_value() == press
    assert page.locator("input[name=comment]").input_value() == "等了三周"
    hall.wait_for("capture")
    page.get_by_role("button", name="再提交一次").click()
    expect(page.get_by_text("谢谢，您的评价已经收到")).to_be_visible()


def test_whoever_was_pressed_says_so_on_the_receipt(
    visit: Callable[..., Page],
    invite: Callable[..., str],
    hall: Stack,
    tokens: dict[str, str],
) -> None:
    page = visit(invite(), **PHONE)
    rate(page, "非常满意")
    expect(page.get_by_text("谢谢，您的评价已经收到")).to_be_visible()
    page.reload()
    stored(page)
    page.get_by_text("有人要求我给好评", exact=True).click()
    page.get_by_role("button", name="是的，有人要求我给好评").click()
    expect(page.get_by_text("已经记下，由上级单位处理")).to_be_visible()
    headers = {"Authorization": f"Bearer {tokens['supervisor']}"}
    listed = web.get(f"{hall.url('rectify')}/v1/cases?limit=200", headers=headers).json()
    assert "forced_review" in {each["source"] for each in listed["items"]}


def stored(page: Page) -> None:
    """Look at the receipt again until the rating is in the store."""
    for _ in range(50):
        if page.get_by_text("无需整改").count():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def test_a_link_that_is_none_of_ours_is_said_kindly(visit: Callable[..., Page]) -> None:
    page = visit("/r/abc~def", **PHONE)
    expect(page.get_by_role("heading", name="没有找到这个链接")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="This link was not found")).to_be_visible()


def test_a_plate_is_rated_again_and_again_until_it_is_too_often(
    visit: Callable[..., Page], invite: Callable[..., str]
) -> None:
    plate = invite("plates")
    assert plate.startswith("/p/")
    page = visit(plate, **PHONE)
    for _ in range(30):
        rate(page, "满意")
        page.wait_for_load_state()
        if page.get_by_role("heading", name="这里的评价太频繁").count():
            return
        expect(page.get_by_text("谢谢，您的评价已经收到")).to_be_visible()
        page.goto(plate)
    raise AssertionError("nobody was ever refused")


def test_plates_are_printed_with_the_names_of_hall_and_window(
    visit: Callable[..., Page], hall: Stack
) -> None:
    page = visit("/admin/registry", hall.admin_token)
    page.get_by_role("link", name="窗口评价牌").click()
    assert grave_violations(page) == []
    page.get_by_text("人社局1号窗口", exact=True).click()
    page.get_by_role("button", name="生成评价牌").click()
    plate = page.locator(".plate")
    expect(plate.get_by_role("heading", name="人社局1号窗口")).to_be_visible()
    assert plate.locator("img").evaluate(SHOWN_WIDTH) > 0
    assert grave_violations(page) == []


def test_a_receipt_is_found_by_its_code_however_it_is_typed(
    visit: Callable[..., Page], invite: Callable[..., str]
) -> None:
    page = visit(invite(), **PHONE)
    rate(page, "满意")
    code = page.locator(".big-code").inner_text()
    page.goto("/receipt")
    page.get_by_label("回执码").fill("wrong")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("alert")).to_contain_text("没有这个回执码")
    page.get_by_label("回执码").fill(code.lower())
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name="评价回执")).to_be_visible()
