"""How the installation is: which service answers, what the watch has found, what is in force."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from werkzeug.wrappers import Request

from services.adapters.at_once import at_once
from services.adapters.pages import View, Visitor, page
from services.adapters.services import ServicesByName
from services.contracts.actor import Action
from services.errors import HaopingError, Unavailable

BEHIND = ("capture", "store", "rectify", "score", "registry")
PATIENCE_S = 3.0
LOOK_AGAIN_S = 15
"""How old, in seconds, what the watch has seen may become before it looks again."""


class HealthPage:
    """One page for whoever is called when something does not work."""

    services: ServicesByName

    @page("GET", "/admin/health", Action.READ_QUARANTINE)
    def health(self, request: Request, visitor: Visitor) -> View:
        """Every service, the alarms, and what runs here; what does not answer is said to."""
        watched, installation, waiting, *checks = at_once(
            lambda: self._asked("store", f"/v1/watch?age={LOOK_AGAIN_S}", visitor),
            lambda: self._asked("registry", "/v1/installation", visitor),
            lambda: self._asked("store", "/v1/quarantine?limit=500", visitor),
            *(partial(self._checked, name) for name in BEHIND),
        )
        shown = {
            "checks": checks,
            "wrong": [each["name"] for each in checks if not each["good"]],
            "watched": watched,
            "installation": installation,
            "waiting": waiting,
        }
        return View("admin/health.html", shown)

    def _checked(self, name: str) -> dict[str, Any]:
        """Whether a service lives, whether it can do its work, and how fast it answered."""
        start = time.monotonic()
        lives, why = self._says_yes(name, "/healthz")
        ready = None
        if lives:
            ready, why = self._says_yes(name, "/readyz")
        took_ms = round((time.monotonic() - start) * 1000)
        good = lives and ready is not False
        return {
            "name": name,
            "lives": lives,
            "ready": ready,
            "good": good,
            "why": why,
            "ms": took_ms,
        }

    def _says_yes(self, name: str, path: str) -> tuple[bool, str]:
        try:
            answer = self.services.relay("GET", name, path, {}, timeout=PATIENCE_S)
        except Unavailable as error:
            return False, error.message
        if answer.is_success:
            return True, ""
        told = answer.json()
        return False, "; ".join(told.get("reasons", [told.get("detail", str(answer.status_code))]))

    def _asked(self, service: str, path: str, visitor: Visitor) -> Any:
        """What a service answers; None while it cannot."""
        try:
            return self.services.send(
                "GET", service, path, visitor.token, timeout=PATIENCE_S
            ).json()
        except HaopingError:
            return None
