"""Takes pictures of pages: as wide as a desk or a phone, cut where they would become too large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState

from services.console.pages import Reader
from tests.pages.conftest import PATIENCE_MS, ZONE, sign_in

WIDTHS = {1440: 900, 390: 844}
"""The widths, with the height of such a screen."""
TALLEST_PX, SHORTEST_PX, MOST_BYTES = 2500, 500, 150_000
CHINESE, ENGLISH = "zh", "en"


def picture(name: str, width: int, language: str = CHINESE) -> str:
    """The file of a picture: the same one every time."""
    return f"{name}{'' if language == CHINESE else f'-{language}'}-{width}.png"


@dataclass(frozen=True)
class Camera:
    """A browser in front of the pages at `url`; readers sign in once, with their `tokens`."""

    browser: Browser
    url: str
    tokens: Mapping[Reader, str]
    folder: Path
    cookies: dict[Reader, StorageState] = field(default_factory=dict)

    def take(self, name: str, reader: Reader, address: str, language: str = CHINESE) -> None:
        """A picture in each width."""
        for width in WIDTHS:
            with self.opened(reader, width) as page:
                if language == ENGLISH:
                    page.goto(f"/language/{ENGLISH}")
                page.goto(address)
                page.wait_for_load_state("networkidle")
                self.develop(page, picture(name, width, language))

    @contextmanager
    def opened(self, reader: Reader, width: int) -> Iterator[Page]:
        """A page of this width that the reader is signed in to."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": WIDTHS[width]},
            locale="zh-CN",
            timezone_id=ZONE,
            storage_state=self.cookies.get(reader),
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if reader in self.tokens and reader not in self.cookies:
            sign_in(page, self.tokens[reader], "/")
            self.cookies[reader] = context.storage_state()
        yield page
        context.close()

    def develop(self, page: Page, file: str) -> None:
        """Keep what the page shows; less of it, as long as the file is too large."""
        size = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        width, height = size[0], min(size[1], TALLEST_PX)
        while True:
            clip = {"x": 0.0, "y": 0.0, "width": float(width), "height": float(height)}
            png = page.screenshot(full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]
            if len(png) <= MOST_BYTES or height <= SHORTEST_PX:
                break
            height = max(SHORTEST_PX, min(height - 50, int(height * MOST_BYTES / len(png))))
        (self.folder / file).write_bytes(png)
