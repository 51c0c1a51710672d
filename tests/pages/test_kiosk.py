"""The kiosk in a real browser: what a citizen says there is stored once, whatever happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from services.console.stack import Stack
from tests import web
from tests.pages.accessible import grave_violations
from tests.pages.kiosks import (
    DETAILS,
    IDLE_MS,
    LONG_PRESS_MS,
    QUESTION,
    THANKS_MS,
    UNDO_MS,
    AtKiosk,
    Place,
)

pytestmark = pytest.mark.browser
KB = 1024
NEW_EDITION = """() => new Promise((taken) => {
  navigator.serviceWorker.addEventListener("controllerchange", () => taken());
  navigator.serviceWorker.register("/kiosk/worker.js?new");
})"""
MOST_KB, SMALLEST_PX = 60, 96


def test_a_kiosk_is_enrolled_by_a_code_and_its_key_cannot_be_taken_out(
    context: BrowserContext, place: Place
) -> None:
    kiosk = AtKiosk.arrive(context, place)
    kiosk.sees("登记这台评价器")
    kiosk.enrolled()
    key = kiosk.page.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("haoping-kiosk");
          opening.onsuccess = () => {
            const me = opening.result.transaction("self").objectStore("self").get("me");
            me.onsuccess = () => resolve([me.result.key.constructor.name,
              me.result.key.extractable, me.result.key.usages]);
          };
        })"""
    )
    assert key == ["CryptoKey", False, ["sign"]]
    kiosk.page.reload()
    kiosk.sees(QUESTION)


@pytest.mark.parametrize("wrong", ["ABCD-EFGH-IJKL-MNOP", "ABC"])
def test_a_wrong_code_is_said_kindly_and_a_right_one_is_still_taken(
    context: BrowserContext, place: Place, wrong: str
) -> None:
    kiosk = AtKiosk.arrive(context, place)
    kiosk.enrol(wrong)
    expect(kiosk.page.get_by_role("status")).to_contain_text("这个登记码不对")
    kiosk.enrolled()


def test_the_screen_is_kept_on(context: BrowserContext, place: Place) -> None:
    """Asleep, a tablet sends nothing, and cannot tell how long ago somebody pressed."""
    context.add_init_script(
        """Object.defineProperty(navigator, "wakeLock", {value: {
          request: async (kind) => { window.keptOn = kind; } }})"""
    )
    kiosk = AtKiosk.arrive(context, place).enrolled()
    kiosk.page.wait_for_function("window.keptOn === 'screen'")


def test_a_face_that_is_taken_back_in_time_is_no_rating(kiosk: AtKiosk) -> None:
    kiosk.press(1)
    kiosk.wait(UNDO_MS - 1_000)
    kiosk.page.get_by_role("button", name="点错了，撤回").click()
    kiosk.sees(QUESTION)
    assert kiosk.kept("drafts") == kiosk.kept("outbox") == []
    kiosk.rate(4)
    [only] = kiosk.place.stored(1)
    assert (only["level"], only["numbered"]["sequence"]) == (4, 1)


def test_no_face_no_rating(kiosk: AtKiosk) -> None:
    kiosk.wait(2 * IDLE_MS)
    kiosk.sees(QUESTION)
    assert kiosk.kept("drafts") == kiosk.kept("outbox") == kiosk.place.ratings() == []


def test_a_face_is_a_rating_even_if_the_citizen_walks_away(kiosk: AtKiosk) -> None:
    kiosk.choose(1)
    kiosk.page.get_by_label("您的话").fill("等了两个小时")
    kiosk.wait(IDLE_MS)
    kiosk.sees(QUESTION)
    [rating] = kiosk.place.stored(1)
    assert (rating["level"], rating["has_text"], rating["tags"]) == (1, True, [])


def test_tags_words_and_a_phone_number_arrive(kiosk: AtKiosk) -> None:
    kiosk.choose(2)
    kiosk.page.get_by_role("checkbox", name="没有提供材料清单").check()
    kiosk.page.get_by_role("checkbox", name="服务态度生硬").check()
    kiosk.page.get_by_label("您的话").fill("说了三遍也没有听")
    kiosk.page.get_by_label("联系电话").fill("138 0013 8000")
    kiosk.finish()
    [rating] = kiosk.place.stored(1)
    assert (rating["level"], rating["tags"]) == (2, ["208", "214"])
    assert rating["has_text"]
    assert rating["contactable"]


def test_what_a_citizen_typed_is_gone_before_the_next_one_comes(kiosk: AtKiosk) -> None:
    kiosk.choose(2)
    kiosk.page.get_by_label("联系电话").fill("13800138000")
    kiosk.finish()
    kiosk.wait(THANKS_MS)
    kiosk.choose(2)
    expect(kiosk.page.get_by_label("联系电话")).to_have_value("")


def test_an_incomplete_phone_number_is_asked_about_and_costs_no_rating(kiosk: AtKiosk) -> None:
    kiosk.choose(3)
    kiosk.page.get_by_label("联系电话").fill("13")
    kiosk.page.get_by_role("button", name="完成").click()
    expect(kiosk.page.get_by_role("alert")).to_contain_text("号码好像不完整")
    kiosk.wait(IDLE_MS)
    [rating] = kiosk.place.stored(1)
    assert (rating["level"], rating["contactable"]) == (3, False)


def test_a_citizen_may_read_english_and_the_next_one_begins_in_chinese(kiosk: AtKiosk) -> None:
    kiosk.page.get_by_role("button", name="English").click()
    kiosk.sees("How was the service today?")
    kiosk.page.get_by_role("button", name="Dissatisfied", exact=True).click()
    kiosk.wait(UNDO_MS)
    expect(kiosk.page.get_by_text("Staff did not know the matter well")).to_be_visible()
    kiosk.wait(IDLE_MS)
    kiosk.sees(QUESTION)
    kiosk.place.stored(1)


def test_after_a_citizen_who_read_english_and_said_that_this_was_all_it_is_chinese_again(
    kiosk: AtKiosk,
) -> None:
    kiosk.page.get_by_role("button", name="English").click()
    kiosk.page.get_by_role("button", name="Satisfied", exact=True).click()
    kiosk.wait(UNDO_MS)
    kiosk.page.get_by_role("button", name="Done").click()
    kiosk.sees("Thank you for your feedback")
    kiosk.wait(THANKS_MS)
    kiosk.sees(QUESTION)


def test_after_a_citizen_who_took_a_face_back_and_walked_away_it_is_chinese_again(
    kiosk: AtKiosk,
) -> None:
    kiosk.page.get_by_role("button", name="English").click()
    kiosk.page.get_by_role("button", name="Satisfied", exact=True).click()
    kiosk.page.get_by_role("button", name="Undo").click()
    kiosk.sees("How was the service today?")
    kiosk.wait(IDLE_MS)
    kiosk.sees(QUESTION)


def test_a_kiosk_begins_with_a_new_edition_though_its_page_was_never_loaded_again(
    kiosk: AtKiosk,
) -> None:
    kiosk.page.evaluate("document.body.dataset.former = 'yes'")
    kiosk.page.evaluate(NEW_EDITION)
    expect(kiosk.page.locator("[data-former]")).to_have_count(0)
    kiosk.sees(QUESTION)


def test_the_kiosk_can_be_used_by_keyboard(kiosk: AtKiosk) -> None:
    page = kiosk.page
    page.get_by_role("button", name="不满意", exact=True).focus()
    page.keyboard.press("Enter")
    kiosk.wait(UNDO_MS)
    kiosk.sees(DETAILS)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_label("联系电话").focus()
    page.keyboard.press("Enter")
    [rating] = kiosk.place.stored(1)
    assert (rating["level"], rating["tags"]) == (2, ["207"])
    kiosk.wait(THANKS_MS)
    page.locator("#mark").focus()
    page.keyboard.down("Enter")
    kiosk.wait(LONG_PRESS_MS)
    page.keyboard.up("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_every_screen_can_be_read_and_touched_by_everybody(
    context: BrowserContext, place: Place
) -> None:
    kiosk = AtKiosk.arrive(context, place)
    kiosk.sees("登记这台评价器")
    assert wrong_with(kiosk.page) == []
    kiosk.enrolled()
    assert wrong_with(kiosk.page) == []
    kiosk.press(2)
    assert wrong_with(kiosk.page) == []
    kiosk.wait(UNDO_MS)
    kiosk.sees(DETAILS)
    assert wrong_with(kiosk.page) == []
    kiosk.finish()
    assert wrong_with(kiosk.page) == []
    kiosk.open_panel()
    assert wrong_with(kiosk.page) == []


def test_the_five_faces_are_of_one_size_and_one_colour(kiosk: AtKiosk) -> None:
    looks = kiosk.page.locator(".face").evaluate_all(
        """faces => faces.map(face => { const style = getComputedStyle(face);
          const {width, height} = face.getBoundingClientRect();
          return [width, height, style.color, style.backgroundColor, style.fontSize,
            style.fontWeight, getComputedStyle(face.querySelector("svg")).stroke].join() })"""
    )
    assert (len(looks), len(set(looks))) == (5, 1)


def test_the_whole_page_is_light_enough_for_a_slow_line(
    context: BrowserContext, place: Place, hall: Stack
) -> None:
    taken: list[int] = []
    page = context.new_page()
    page.on("requestfinished", lambda sent: taken.append(sent.sizes()["responseBodySize"]))
    AtKiosk.arrive(context, place).enrolled()
    with web.Client(base_url=hall.url("portal"), trust_env=False) as http:
        for path in ("/kiosk/", "/kiosk/worker.js"):
            with http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
                taken.append(sum(len(piece) for piece in answer.iter_raw()))
    assert len(taken) > 10
    assert sum(taken) <= MOST_KB * KB, f"{sum(taken) / KB:.1f} kB"


def wrong_with(page: Page) -> list[str]:
    """What axe finds, and what is too small to be touched with certainty."""
    small = page.evaluate(
        """(smallest) => [...document.querySelectorAll("button, input, textarea, #tags label")]
          .map((each) => [each, each.getBoundingClientRect()])
          .filter(([each, box]) => box.width && (box.height < smallest || box.width < smallest))
          .map(([each]) => each.outerHTML)""",
        SMALLEST_PX,
    )
    return [*grave_violations(page), *small]
