"""Tests of pages: a real browser, and every service behind it, in processes of their own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from services.console.sample import settle
from services.console.stack import Stack
from services.console.stack.failure import StackFailed
from services.console.stack.install import install_browser, may_install
from tests.pages.kiosks import AtKiosk, Place

WITHOUT_WINDOW = "chromium-headless-shell"
"""Chromium for servers, which shows the same pages for a third of the work."""
BROWSERS = (WITHOUT_WINDOW, "chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000
ZONE = "Asia/Shanghai"
TABLET = {"width": 1280, "height": 800}
expect.set_options(timeout=PATIENCE_MS)


@cache
def chromium() -> str:
    """The browser of this machine; the best for tests is installed if it is absent and we may."""
    if shutil.which(WITHOUT_WINDOW) is None and may_install():
        with suppress(StackFailed):
            install_browser()
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium here, and it may not be installed: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each gets contexts of its own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def tokens(hall: Stack) -> dict[str, str]:
    """The tokens of the people of the sample county."""
    return settle(hall)


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All services on a private broker and database, with the sample county in force."""
    from services.console.stack.application import ALL  # noqa: PLC0415

    nobody = {"AMQP_URI": "", "MONGO_URI": "", "HAOPING_CLOCK": "movable"}
    with Stack(tmp_path_factory.mktemp("hall"), services=ALL, environment=nobody) as running:
        settle(running)
        yield running


@pytest.fixture
def visit(browser: Browser, hall: Stack) -> Iterator[Callable[..., Page]]:
    """A new visitor with a browser of their own: `visit("/work", token)` signs in first."""
    contexts: list[BrowserContext] = []

    def open_at(path: str, token: str | None = None, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            base_url=hall.url("portal"),
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id=ZONE,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        if token is None:
            page.goto(path)
        else:
            sign_in(page, token, path)
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture
def place(hall: Stack) -> Place:
    """A device that nobody else uses."""
    return Place(hall)


@pytest.fixture
def context(browser: Browser, hall: Stack) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    opened = browser.new_context(base_url=hall.url("portal"), viewport=TABLET, timezone_id=ZONE)  # type: ignore[arg-type]
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def kiosk(context: BrowserContext, place: Place) -> AtKiosk:
    """A kiosk that is enrolled and waits for a citizen."""
    return AtKiosk.arrive(context, place).enrolled()


def sign_in(page: Page, token: str, path: str) -> None:
    """Sign in as whoever holds the token, and arrive at the page."""
    page.goto(f"/signin?next={path}")
    page.get_by_label("个人令牌").fill(token)
    page.get_by_role("button", name="用令牌进入").click()
    expect(page).not_to_have_url(re.compile("/signin"))
    page.wait_for_load_state()
