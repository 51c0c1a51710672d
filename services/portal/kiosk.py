"""The kiosk: one page for every device, which knows by itself who it is and works offline."""

from __future__ import annotations

import json

from werkzeug.wrappers import Request, Response

from services.adapters.http import api
from services.adapters.pages import AssetsOnDisk, View, Visitor, page
from services.adapters.pages.assets import ASK_AGAIN, FOLDER, FOR_EVER
from services.adapters.pages.edition import edition
from services.adapters.pages.language import LOCALE, translations
from services.adapters.pages.rendering import TEMPLATES
from services.adapters.pages.visitor import CHINESE, ENGLISH
from services.adapters.rulebook import RulesInForce
from services.contracts.actor import Actor

AREA = "kiosk"
PAGE = f"/{AREA}/"
WORKER = f"{AREA}/worker.js"
SHARED = ("haoping.css", "icon.svg")
SCRIPT = "text/javascript; charset=utf-8"


class Kiosk:
    """The page, its files under an address that names their edition, and what keeps them."""

    assets: AssetsOnDisk
    rulebook: RulesInForce

    @page("GET", PAGE, None)
    def any_kiosk(self, request: Request, visitor: Visitor) -> View:
        """The page, as the worker keeps it."""
        return self._page()

    @page("GET", f"{PAGE}<device>", None)
    def kiosk(self, request: Request, visitor: Visitor, device: str) -> View:
        """The same page whatever is asked for: the key in the browser says which device it is."""
        return self._page()

    @page("GET", f"/{WORKER}", None)
    def worker(self, request: Request, visitor: Visitor) -> Response:
        """The service worker, with the addresses of what it has to keep."""
        known = {"FILES": self._kept(), "EDITION": edition_of_page()}
        head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
        return Response(head.encode() + self.assets.file(WORKER).content, content_type=SCRIPT)

    @api("GET", f"{PAGE}files/<edition>/<path:path>", None)
    def kiosk_file(self, request: Request, actor: Actor, edition: str, path: str) -> Response:
        """A file of the page; under its own edition it never changes."""
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        caching = FOR_EVER if edition == edition_of_page() else ASK_AGAIN
        return self.assets.file(f"{AREA}/{path}").response(zipped, caching)

    def _page(self) -> View:
        values = {"files": files(), "tags": self._tags(), "english": english}
        return View("kiosk/kiosk.html", values, language=CHINESE)

    def _kept(self) -> list[str]:
        """The page first, then every file that it needs."""
        own = sorted(path for path in self.assets.files if path.startswith(f"{AREA}/"))
        needed = [path.removeprefix(f"{AREA}/") for path in own if path != WORKER]
        shared = [self.assets.address(path) for path in SHARED]
        return [PAGE, *shared, *(f"{files()}{path}" for path in needed)]

    def _tags(self) -> dict[str, str]:
        """The English of the tags: devices are told their Chinese."""
        shown = (tag.label for tag in self.rulebook.current.tags.values() if not tag.retired)
        return {label: english(label) for label in shown}


def edition_of_page() -> str:
    """A name for the page and its files as they are."""
    return edition(FOLDER / AREA, TEMPLATES / AREA, LOCALE)


def files() -> str:
    """Where the files of the present edition are."""
    return f"{PAGE}files/{edition_of_page()}/"


def english(text: str) -> str:
    """A text in English; as it is, if it has no English."""
    return translations(ENGLISH).gettext(text)
