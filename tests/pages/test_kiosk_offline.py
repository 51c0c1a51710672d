"""A kiosk whose network, power, clock or server fails: each press is stored once all the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, expect

from services.console.stack import Stack
from tests.pages.conftest import PATIENCE_MS, QUIET, TABLET, chromium
from tests.pages.kiosks import QUESTION, AtKiosk, Place

pytestmark = pytest.mark.browser


def test_a_reload_among_the_tags_keeps_the_press_and_the_tags(kiosk: AtKiosk) -> None:
    kiosk.choose(2)
    kiosk.page.get_by_role("checkbox", name="没有提供材料清单").check()
    [draft] = kiosk.kept("drafts")
    assert draft["press"]["tags"] == ["208"]
    kiosk.page.reload()
    kiosk.sees(QUESTION)
    [rating] = kiosk.place.stored(1)
    assert (rating["level"], rating["tags"]) == (2, ["208"])


@pytest.mark.parametrize("clock", ["2031-08-01T12:00:00", "2012-01-01T00:00:00"])
def test_a_wrong_clock_does_not_move_a_rating(
    context: BrowserContext, place: Place, clock: str
) -> None:
    kiosk = AtKiosk.arrive(context, place, clock=clock).enrolled()
    kiosk.rate(5)
    [rating] = place.stored(1)
    assert abs(rating["pressed_at"] - datetime.fromisoformat(place.now())) < timedelta(minutes=5)


def test_fifty_presses_without_a_network_survive_a_killed_browser_and_are_stored_once(
    browser: Browser, hall: Stack, place: Place, tmp_path: Path
) -> None:
    with started(browser, hall, tmp_path) as context:
        kiosk = AtKiosk.arrive(context, place).enrolled()
        context.set_offline(True)
        kiosk.rate_all([5, 4, 3, 2, 1] * 5)
        kill_browser(tmp_path)
    with started(browser, hall, tmp_path) as context:
        context.set_offline(True)
        kiosk = AtKiosk.arrive(context, place)
        kiosk.sees(QUESTION)
        assert len(kiosk.kept("outbox")) == 25
        kiosk.rate_all([5, 4, 3, 2, 1] * 5)
        assert len(kiosk.kept("outbox")) == 50
        context.set_offline(False)
        stored = place.stored(50)
        expect(kiosk.page.locator("#count")).to_be_empty()
    assert [each["level"] for each in stored] == [5, 4, 3, 2, 1] * 10
    report = place.report()
    assert (report["stored"], report["missing"], report["repeats"]["doubled"]) == (50, [], [])


def test_an_epoch_that_is_given_again_is_counted_on(
    kiosk: AtKiosk, context: BrowserContext
) -> None:
    kiosk.rate(5)
    kiosk.place.stored(1)
    context.set_offline(True)
    kiosk.rate(4)
    context.set_offline(False)
    kiosk.place.forget_enrolments()
    kiosk.open_panel()
    kiosk.page.get_by_role("button", name="重新登记").click()
    kiosk.enrolled()
    kiosk.rate(1)
    assert [each["level"] for each in kiosk.place.stored(3)] == [5, 4, 1]


def test_the_staff_see_that_it_is_offline_and_the_citizen_does_not(
    kiosk: AtKiosk, context: BrowserContext
) -> None:
    context.set_offline(True)
    kiosk.rate(5)
    expect(kiosk.page.locator("#mark")).to_have_attribute("data-link", "offline")
    expect(kiosk.page.locator("#count")).to_have_text("1")
    assert "离线" not in kiosk.page.locator("body").inner_text()
    kiosk.open_panel()
    expect(kiosk.page.get_by_role("dialog")).to_contain_text("离线，评价先存在本机")
    context.set_offline(False)
    kiosk.page.get_by_role("button", name="立即发送").click()
    kiosk.place.stored(1)


def test_a_kiosk_sends_by_itself_after_the_portal_was_killed(kiosk: AtKiosk, hall: Stack) -> None:
    hall.kill("portal")
    kiosk.rate(4)
    hall.wait_for("portal")
    kiosk.place.stored(1)


def test_a_page_without_a_secure_connection_works_online_and_tells_the_staff(
    browser: Browser, hall: Stack, place: Place
) -> None:
    name, port = "kiosk.test", httpx.URL(hall.url("portal")).port
    arguments = [*QUIET, f"--host-resolver-rules=MAP {name} 127.0.0.1"]
    with closing(browser.browser_type.launch(executable_path=chromium(), args=arguments)) as other:
        context = other.new_context(base_url=f"http://{name}:{port}", viewport=TABLET)  # type: ignore[arg-type]
        kiosk = AtKiosk.arrive(context, place)
        assert kiosk.page.evaluate("window.isSecureContext") is False
        kiosk.enrol()
        kiosk.sees(QUESTION)
        kiosk.is_ready(offline="off")
        kiosk.rate(2)
        [rating] = place.stored(1)
        assert rating["level"] == 2
        kiosk.open_panel()
        expect(kiosk.page.get_by_role("dialog")).to_contain_text("不是安全连接")


@contextmanager
def started(browser: Browser, hall: Stack, folder: Path) -> Iterator[BrowserContext]:
    """A browser with a disk of its own, until it ends or is killed."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=chromium(),
        args=list(QUIET),
        base_url=hall.url("portal"),
        viewport=TABLET,  # type: ignore[arg-type]
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    with suppress(Error):
        context.close()


def kill_browser(folder: Path) -> None:
    """The power is cut: everything of the browser ends at once."""
    ours = [each for each in psutil.Process().children(recursive=True) if runs_on(each, folder)]
    assert ours
    for process in ours:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(ours, timeout=30)


def runs_on(process: psutil.Process, folder: Path) -> bool:
    """Whether it is a part of the browser on this disk."""
    try:
        return any(str(folder) in argument for argument in process.cmdline())
    except psutil.NoSuchProcess:
        return False
