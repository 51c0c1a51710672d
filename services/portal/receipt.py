"""The receipt of a rating: where it stands, the reply, one word more, one objection."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.adapters.services import ServicesByName
from services.errors import Conflict, Gone, Invalid, NotFound, Refused
from services.portal.phone import said_of

RECEIPTS = "/v1/receipts"
LANGUAGE = {"zh": "zh", "en": "en"}


class Receipt:
    """What a rater sees who has a receipt; the code alone is the proof."""

    services: ServicesByName

    @page("GET", "/receipt", None)
    def find(self, request: Request, visitor: Visitor) -> View | Response:
        """Type in the code that was written down."""
        code = request.args.get("code", "").strip()
        return go(f"/receipt/{code}") if code else View("phone/find.html", {"wrong": False})

    @page("GET", "/receipt/<token:code>", None)
    def show(self, request: Request, visitor: Visitor, code: str) -> View:
        """What became of the rating."""
        return self._shown(visitor, code, request.args.to_dict())

    @page("POST", "/receipt/<token:code>/append", None)
    def append(self, request: Request, visitor: Visitor, code: str) -> View | Response:
        """Append to the rating, once."""
        return self._said(visitor, code, "capture", "append", said_of(request.form))

    @page("POST", "/receipt/<token:code>/objection", None)
    def object(self, request: Request, visitor: Visitor, code: str) -> View | Response:
        """Object to the finding that the rating does not count, once."""
        said = {"text": request.form.get("text", "").strip()}
        return self._said(visitor, code, "rectify", "objection", said)

    @page("POST", "/receipt/<token:code>/forced-review", None)
    def accuse(self, request: Request, visitor: Visitor, code: str) -> View | Response:
        """Say that somebody asked for a good rating."""
        return self._said(visitor, code, "rectify", "forced-review", {})

    def _said(
        self, visitor: Visitor, code: str, service: str, what: str, said: dict[str, Any]
    ) -> View | Response:
        try:
            self.services.post(service, f"{RECEIPTS}/{code}/{what}", None, said)
        except (Invalid, Conflict, Gone) as error:
            return self._shown(visitor, code, {}, error, said)
        return go(f"/receipt/{code}?done={what}")

    def _shown(
        self,
        visitor: Visitor,
        code: str,
        asked: dict[str, str],
        error: Refused | None = None,
        typed: dict[str, Any] | None = None,
    ) -> View:
        try:
            receipt = self.services.get(
                "rectify", f"{RECEIPTS}/{code}", None, lang=LANGUAGE[visitor.language]
            )
        except NotFound:
            return View("phone/find.html", {"wrong": True}, NotFound.status)
        except Gone:
            return View("phone/instead.html", {"why": "receipt_over"}, Gone.status)
        shown = {
            "receipt": receipt,
            "code": code,
            "thanks": "thanks" in asked,
            "done": asked.get("done", ""),
            "error": error,
            "typed": typed or {},
        }
        return View("phone/receipt.html", shown, error.status if error else 200)
