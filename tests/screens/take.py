"""`make screens`: a picture of every page, in two widths, into docs/screens."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from services.adapters.settings import ROOT
from services.console.demo.county import build
from services.console.demo.narrator import Narrator, console
from services.console.demo.rules import PLACE
from services.console.demo.stage import on_stage
from services.console.pages import Known, Reader, looks
from services.console.stack.application import PAGES
from tests.pages.conftest import QUIET, chromium
from tests.pages.kiosks import AtKiosk, Place
from tests.screens.camera import CHINESE, ENGLISH, WIDTHS, Camera, picture
from tests.screens.gallery import Shot, gallery
from tests.screens.lived import KIOSK, UNIT, Lived

FOLDER = ROOT / "docs" / "screens"
PEOPLE = {
    Reader.CLERK: f"clerk-{UNIT}-1",
    Reader.OFFICER: f"officer-{UNIT}",
    Reader.DISPATCHER: "dispatcher",
    Reader.SUPERVISOR: "supervisor",
    Reader.SCORER: "scorer",
    Reader.ADMINISTRATOR: "administrator",
}
IN_ENGLISH = {"link", "case", "board"}


def main() -> None:
    """Live through the year of the demo, then go from page to page."""
    narrator, county = Narrator(console()), build()
    with tempfile.TemporaryDirectory() as state, on_stage(Path(state), PLACE, narrator) as stack:
        lived = Lived(stack, county, narrator)
        known = lived.live()
        tokens = {reader: lived.tokens[person] for reader, person in PEOPLE.items()}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
            camera = Camera(browser, stack.url(PAGES), tokens, _emptied())
            shots = [*_pages(camera, known), *_at_the_kiosk(camera, Place(stack, KIOSK))]
            browser.close()
    (FOLDER / "README.md").write_text(gallery(shots), "utf-8")
    narrator.say(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


def _emptied() -> Path:
    """The folder without the pictures of pages that may be gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    return FOLDER


def _pages(camera: Camera, known: Known) -> Iterator[Shot]:
    for pattern, look in looks():
        for language in (CHINESE, ENGLISH) if look.name in IN_ENGLISH else (CHINESE,):
            camera.take(look.name, look.reader, look.address(known), language)
            yield look.reader, look.name, pattern, language


def _at_the_kiosk(camera: Camera, place: Place) -> Iterator[Shot]:
    """What a citizen sees at a kiosk that is enrolled."""
    with camera.opened(Reader.CITIZEN, max(WIDTHS)) as page:
        kiosk = AtKiosk.arrive(page.context, place).enrolled()
        yield _kiosk_shot(camera, kiosk, "kiosk-question")
        kiosk.choose(1)
        yield _kiosk_shot(camera, kiosk, "kiosk-details")
        kiosk.finish()
        yield _kiosk_shot(camera, kiosk, "kiosk-thanks")


def _kiosk_shot(camera: Camera, kiosk: AtKiosk, name: str) -> Shot:
    for width, height in WIDTHS.items():
        kiosk.page.set_viewport_size({"width": width, "height": height})
        camera.develop(kiosk.page, picture(name, width))
    return Reader.CITIZEN, name, "/kiosk/<device>", CHINESE


if __name__ == "__main__":
    main()
