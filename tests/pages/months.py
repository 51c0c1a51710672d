"""A month of the hall that is over: its ratings, and the clock that is set back for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.adapters.mongo import connect
from services.console.stack import Stack
from services.score.months import CHECKS
from tests import web
from tests.pages.cases import eventually

PASSING = {"in_flight", "touched", "outboxes"}
"""What the checks find for a moment only."""


@dataclass(frozen=True)
class Months:
    """The months of the hall over its API, and its business clock."""

    hall: Stack
    tokens: Mapping[str, str]

    def ask(self, who: str, method: str, service: str, path: str, **said: Any) -> Any:
        """What a service answers somebody."""
        token = self.hall.admin_token if who == "admin" else self.tokens[who]
        answer = web.request(
            method,
            self.hall.url(service) + path,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
            **said,
        )
        assert answer.is_success, answer.text
        return answer.json()

    def set_clock(self, at: str) -> None:
        """From now on it is `at`, in the time of the county."""
        self.ask("admin", "PUT", "registry", "/v1/clock", json={"now": f"{at}+08:00"})

    @contextmanager
    def at(self, moment: str) -> Iterator[None]:
        """The hall's clock stands elsewhere until the `with` ends."""
        self.set_clock(moment)
        try:
            yield
        finally:
            now = {"now": datetime.now(UTC).isoformat()}
            self.ask("admin", "PUT", "registry", "/v1/clock", json=now)

    def rate(self, day: str, unit: str, levels: Mapping[int, int]) -> None:
        """So many ratings of each level on a day, at the first window of the unit."""
        about = {"window": f"{unit}-1", "item": f"{unit}-item-1", "channel": "tablet"}
        presses = [
            {
                **about,
                "rating_id": str(uuid.uuid4()),
                "level": level,
                "pressed_at": f"{day}T{9 + n % 8:02}:{n % 60:02}:00+08:00",
            }
            for level, count in levels.items()
            for n in range(count)
        ]
        self.ask("system-tablet", "POST", "capture", "/v1/ratings:batch", json=presses)

    def counted(self, month: str, count: int) -> None:
        """Wait until the tallies of a month hold so many ratings, and all is quiet."""
        path = f"/v1/tallies?from={month}-01&to={month}-28"

        def look() -> bool | None:
            found = self.ask("scorer", "GET", "score", path)
            return True if found["total"] >= count and self._is_quiet(month) else None

        eventually(look)

    def _is_quiet(self, month: str) -> bool:
        db = connect(self.hall.mongo_uri, "haoping")
        with db.client:
            if db["unswept"].find_one():
                return False
        path = f"/v1/months/{month}?now=true"
        checks = self.ask("scorer", "GET", "score", path)["checks"]
        return all(each["clear"] for each in checks if each["name"] in PASSING)

    def decide(self, month: str, decision: str, **said: Any) -> None:
        """The scorer closes, publishes or revises a month."""
        self.ask("scorer", "POST", "score", f"/v1/months/{month}:{decision}", **said)

    def publish(self, month: str, ratings: Mapping[str, Mapping[int, int]]) -> None:
        """Rate units on the tenth of a month, then close and publish it."""
        with self.at(f"{month}-28T12:00"):
            for unit, levels in ratings.items():
                self.rate(f"{month}-10", unit, levels)
            self.counted(month, sum(sum(levels.values()) for levels in ratings.values()))
        self.decide(month, "close", json={"accept": list(CHECKS)})
        self.decide(month, "publish")
