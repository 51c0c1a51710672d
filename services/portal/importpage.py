"""Tables into the registry: chosen, looked at row by row, and then put in force, all or nothing."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action
from services.errors import Conflict, Invalid, Malformed, NotFound, TooLarge
from services.portal.admin import Admin
from services.portal.entryform import KINDS

CSV = {"Content-Type": "text/csv"}
PAGE = "/admin/import/<kind>"
MOST_BYTES = 8 * 1024 * 1024
MOST_PACKED = 400_000
PASSED_ON = ("content-type", "content-disposition")


class ImportPage(Admin):
    """The way in for a whole table of units, windows, devices, items or people."""

    @page("GET", PAGE, Action.CHANGE_REGISTRY)
    def choose_table(self, request: Request, visitor: Visitor, kind: str) -> View:
        """Choose a file; the columns that it may have stand beside it."""
        return View("admin/import.html", {"kind": _known(kind), "refused": None})

    @page("POST", PAGE, Action.CHANGE_REGISTRY)
    def preview_table(self, request: Request, visitor: Visitor, kind: str) -> View:
        """What the file would change, and what is wrong in which row. Nothing is changed yet."""
        file = request.files.get("table")
        body = file.read(MOST_BYTES + 1) if file else b""
        try:
            return self._preview(visitor, _known(kind), body)
        except (Malformed, TooLarge) as error:
            return View("admin/import.html", {"kind": kind, "refused": error}, error.status)

    @page("POST", f"{PAGE}/apply", Action.CHANGE_REGISTRY)
    def apply_table(self, request: Request, visitor: Visitor, kind: str) -> View | Response:
        """Put in force what was looked at, unless the registry is another one by now."""
        body, version = unpacked(request.form["sheet"]), request.form["version"]
        try:
            done = self._sent(visitor, _known(kind), body, version=version)
        except (Conflict, Invalid):
            return self._preview(visitor, kind, body, overtaken=True)
        changed = done["added"] + done["changed"]
        if kind == "people":
            return go(f"/admin/people?done={changed}")
        return go(f"/admin/registry?done={changed}")

    @page("GET", f"{PAGE}/table", Action.READ_REGISTRY)
    def download_table(self, request: Request, visitor: Visitor, kind: str) -> Response:
        """The entries that are in force as a table, or an example of two rows."""
        asked = {"example": "true"} if "example" in request.args else {}
        path = f"/v1/registry/{_known(kind)}:table"
        answer = self.services.send("GET", "registry", path, visitor.token, params=asked)
        headers = {name: answer.headers[name] for name in PASSED_ON}
        return Response(answer.content, headers=headers)

    def _preview(self, visitor: Visitor, kind: str, body: bytes, overtaken: bool = False) -> View:
        if not body:
            raise Malformed("The file is empty; choose a CSV file")
        if len(packed := pack(body)) > MOST_PACKED:
            raise TooLarge("The table is too large to be looked at here; part it in two")
        version = self._directory(visitor).version
        found = self._sent(visitor, kind, body, version=version, preview="true")
        shown = {"kind": kind, "found": found, "sheet": packed, "overtaken": overtaken}
        return View("admin/preview.html", shown, 409 if overtaken else 200)

    def _sent(self, visitor: Visitor, kind: str, body: bytes, **asked: Any) -> Any:
        path = f"/v1/registry/{kind}:import"
        sent = self.services.send(
            "POST", "registry", path, visitor.token, headers=CSV, params=asked, content=body
        )
        return sent.json()


def pack(body: bytes) -> str:
    """A file as a hidden field carries it from the preview to its being put in force."""
    return b64encode(zlib.compress(body, 9)).decode()


def unpacked(text: str) -> bytes:
    """The file again. Raises Malformed for what no preview of ours holds."""
    try:
        opening = zlib.decompressobj()
        return opening.decompress(b64decode(text, validate=True), MOST_BYTES)
    except (ValueError, zlib.error):
        raise Malformed("This table was damaged on its way; choose the file again") from None


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound
    return kind
