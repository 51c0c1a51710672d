"""A kiosk as its citizens and its staff use it, and what the hall has stored of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, expect
from pymongo import MongoClient

from services.console.fleet import Office
from services.console.stack import Stack
from tests import web

FACES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
QUESTION, DETAILS, THANKS = "您对本次服务满意吗？", "愿意再说几句吗？都可以不填", "谢谢您的评价"
UNDO_MS, THANKS_MS, IDLE_MS = 3_000, 4_000, 30_000
LONG_PRESS_MS = 1_000
STORED_WITHIN_S, POLL_S = 90, 0.3


@dataclass
class Place:
    """A device of its own in the registry of a running hall."""

    hall: Stack
    device: str = field(default_factory=lambda: f"page-{uuid.uuid4().hex[:10]}")

    def __post_init__(self) -> None:
        with self._office() as http:
            office = self.office(http)
            unit = office.ask("GET", "registry", "/v1/registry")["windows"][0]["unit"]
            office.register(self.device, unit)

    def office(self, http: httpx.Client) -> Office:
        """The hall's administrator."""
        urls = {name: self.hall.url(name) for name in ("registry", "store", "capture")}
        return Office(http, urls, self.hall.admin_token)

    def _office(self) -> httpx.Client:
        return web.Client(trust_env=False, timeout=30)

    def code(self) -> str:
        """A one-time code for the device."""
        with self._office() as http:
            path = f"/v1/devices/{self.device}:code"
            return str(self.office(http).ask("POST", "registry", path)["code"])

    def report(self) -> dict[str, Any]:
        """What the store says of the device's first epoch: stored, missing and doubled presses."""
        with self._office() as http:
            path = f"/v1/devices/{self.device}/sequences"
            report: dict[str, Any] = self.office(http).ask("GET", "store", path)["epochs"][0]
            return report

    def now(self) -> str:
        """The time of the hall."""
        with self._office() as http:
            return str(self.office(http).ask("GET", "capture", "/v1/time")["now"])

    def ratings(self) -> list[dict[str, Any]]:
        """What is stored of the device, in the order in which it counted."""
        with closing(MongoClient[dict[str, Any]](self.hall.mongo_uri, tz_aware=True)) as client:
            found = client["haoping"]["ratings"].find({"numbered.device": self.device})
            return sorted(found, key=lambda each: int(each["numbered"]["sequence"]))

    def forget_enrolments(self) -> None:
        """The server is put back from a copy that was made before the device was enrolled."""
        with closing(MongoClient[dict[str, Any]](self.hall.mongo_uri)) as client:
            client["haoping"]["device_keys"].delete_one({"_id": self.device})

    def stored(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many are stored, and return them; more would fail."""
        until = time.monotonic() + STORED_WITHIN_S
        while len(found := self.ratings()) < count and time.monotonic() < until:
            time.sleep(POLL_S)
        assert len(found) == count
        return found


@dataclass
class AtKiosk:
    """Somebody in front of the screen; the clock of the page can be moved on."""

    page: Page
    place: Place

    @classmethod
    def arrive(
        cls, context: BrowserContext, place: Place, query: str = "", clock: str | None = None
    ) -> AtKiosk:
        """Open the page of the device."""
        page = context.pages[0] if context.pages else context.new_page()
        page.clock.install(time=clock) if clock else page.clock.install()
        page.goto(f"/kiosk/{place.device}{query}")
        return cls(page, place)

    def enrol(self, code: str | None = None) -> None:
        """Type a code."""
        self.page.get_by_label("登记码").fill(code or self.place.code())
        self.page.get_by_role("button", name="登记", exact=True).click()

    def enrolled(self) -> AtKiosk:
        """Type a good code, and wait until the kiosk is known, has its tags and works offline."""
        self.enrol()
        self.sees(QUESTION)
        self.is_ready()
        return self

    def is_ready(self, offline: str = "on") -> None:
        """Wait until everything that happens by itself has happened."""
        mark = self.page.locator("#mark")
        expect(mark).to_have_attribute("data-link", "online", timeout=60_000)
        expect(mark).to_have_attribute("data-offline", offline, timeout=60_000)

    def sees(self, heading: str) -> None:
        """Wait for a screen."""
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def press(self, level: int) -> None:
        """Touch a face."""
        self.page.get_by_role("button", name=FACES[level], exact=True).click()
        self.sees("您选择了")

    def wait(self, ms: int) -> None:
        """Do nothing for so long."""
        self.page.clock.run_for(ms)

    def choose(self, level: int) -> None:
        """Touch a face, and mean it."""
        self.press(level)
        self.wait(UNDO_MS)
        self.sees(DETAILS)

    def finish(self) -> None:
        """Say that this is all."""
        self.page.get_by_role("button", name="完成").click()
        self.sees(THANKS)

    def rate(self, level: int) -> None:
        """From the first screen to the first screen."""
        self.choose(level)
        self.finish()
        self.wait(THANKS_MS)
        self.sees(QUESTION)

    def rate_all(self, levels: Sequence[int]) -> None:
        """One citizen after another."""
        for level in levels:
            self.rate(level)

    def open_panel(self) -> None:
        """What the staff do to learn how the kiosk is."""
        self.page.locator("#mark").hover()
        self.page.mouse.down()
        self.wait(LONG_PRESS_MS)
        self.page.mouse.up()
        expect(self.page.get_by_role("dialog")).to_be_visible()

    def kept(self, store: str) -> list[Mapping[str, Any]]:
        """What IndexedDB holds: of `self`, `drafts`, `outbox` or `refused`."""
        found: list[Mapping[str, Any]] = self.page.evaluate(KEPT, store)
        return found


KEPT = """(store) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("haoping-kiosk");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result); };
  };
})"""
