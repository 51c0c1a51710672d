"""Bad ratings sent the way a hall's system sends them, and the cases that open for them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import httpx

from services.console.stack import Stack
from services.contracts.rectification import rating_case_id
from tests import web

Answer = TypeVar("Answer")
PATIENCE_S = 60
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


def eventually(look: Callable[[], Answer | None]) -> Answer:
    """What `look` returns as soon as it is something."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


@dataclass(frozen=True)
class Cases:
    """The cases of the hall over its API, for preparing and for looking behind the pages."""

    hall: Stack
    tokens: Mapping[str, str]

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """What somebody is answered by rectify."""
        token = self.tokens[who]
        return web.request(
            method,
            self.hall.url("rectify") + path,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
            **options,
        )

    def read(self, id: str, who: str = "dispatcher") -> dict[str, Any]:
        """A case as it is now."""
        found: dict[str, Any] = self.ask(who, "GET", f"/v1/cases/{id}").json()
        return found

    def id_about(self, rating_key: str) -> str:
        """The id of the case of a rating, also before it is open."""
        secret = (self.hall.layout.secrets / "ledger.key").read_bytes()
        return rating_case_id(secret, rating_key)

    def open(self, unit: str = "rsj", **said: Any) -> str:
        """Press 非常不满意 at a window of the unit; the id of the case once its unit has it."""
        [id] = self.open_all(1, unit, **said)
        return id

    def open_all(self, count: int, unit: str, **said: Any) -> set[str]:
        """As many cases as are asked for, once the unit has all of them."""
        opened = {self._press(unit, said) for _ in range(count)}
        for id in opened:
            eventually(partial(self._handler, id))
        return opened

    def _handler(self, id: str) -> Any:
        return self.read(id).get("handler")

    def _press(self, unit: str, said: Mapping[str, Any]) -> str:
        rating, now = str(uuid.uuid4()), datetime.now(UTC).isoformat()
        about = {"unit": unit, "window": f"{unit}-1", "item": f"{unit}-item-1"}
        press = {"rating_id": rating, "level": 1, "channel": "tablet", "pressed_at": now}
        answer = web.post(
            f"{self.hall.url('capture')}/v1/ratings",
            json={**about, **press, **said},
            headers={"Authorization": f"Bearer {self.tokens['system-tablet']}"},
            timeout=30,
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
        return self.id_about(rating)

    def move(self, who: str, id: str, what: str, **said: Any) -> None:
        """Make a move over the API."""
        command = {"command_id": str(uuid.uuid4()), "move": what, **said}
        command["expected_version"] = self.read(id)["version"]
        answer = self.ask(who, "POST", f"/v1/cases/{id}/moves", json=command)
        assert answer.is_success, answer.text

    def moves(self, id: str) -> list[str]:
        """What has happened to a case, in order."""
        return [entry["move"] for entry in self.read(id)["history"]]
