"""Plates to be printed: a window's permanent code, with the names of its hall and itself."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from services.adapters.pages import View, Visitor, page
from services.adapters.services import ServicesByName
from services.contracts.actor import Action

MOST = 60


class Plates:
    """Chooses windows and prints their plates, one to a page."""

    services: ServicesByName

    @page("GET", "/plates", Action.ISSUE_LINK)
    def choose(self, request: Request, visitor: Visitor) -> View:
        """The windows, by hall."""
        return View("phone/plates.html", {"halls": self._halls(visitor), "most": MOST})

    @page("POST", "/plates", Action.ISSUE_LINK)
    def draw(self, request: Request, visitor: Visitor) -> View:
        """A4 pages for the windows that were chosen; a plate drawn again is the same."""
        chosen = set(request.form.getlist("window")[:MOST])
        windows = [each for hall in self._halls(visitor).values() for each in hall]
        plates = [self._plate(visitor, each) for each in windows if each["id"] in chosen]
        return View("phone/printed.html", {"plates": plates})

    def _halls(self, visitor: Visitor) -> dict[str, list[dict[str, Any]]]:
        directory = self.services.get("registry", "/v1/registry", visitor.token)
        halls: dict[str, list[dict[str, Any]]] = {}
        for window in directory["windows"]:
            if window["active_to"] is None:
                halls.setdefault(window["hall"], []).append(window)
        return halls

    def _plate(self, visitor: Visitor, window: dict[str, Any]) -> dict[str, Any]:
        body = {"window": window["id"]}
        return {**window, **self.services.post("capture", "/v1/plates", visitor.token, body)}
