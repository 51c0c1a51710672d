"""How long people stay signed in, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from nameko.extensions import DependencyProvider


@dataclass(frozen=True)
class Lasting:
    """A session ends after `session`, and after `idle` without a page; a password after `password`.

    GB/T 22239-2019 (等保) 8.1.4.1 b) asks for sessions that end by themselves; twelve hours are a
    working day, and NIST SP 800-63B (§2.2.3 of revision 4, AAL2) takes half an hour of inactivity.
    A password without an end lasts until it is changed.
    """

    session: timedelta
    idle: timedelta
    password: timedelta | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """What `HAOPING_SESSION_HOURS`, `_IDLE_MINUTES` and `HAOPING_PASSWORD_DAYS` say."""
        days = int(config.get("HAOPING_PASSWORD_DAYS") or 0)
        return cls(
            timedelta(hours=float(config.get("HAOPING_SESSION_HOURS") or 12)),
            timedelta(minutes=float(config.get("HAOPING_SESSION_IDLE_MINUTES") or 30)),
            timedelta(days=days) if days else None,
        )


class Lasts(DependencyProvider):
    """Gives workers how long a sign-in lasts."""

    def get_dependency(self, worker_ctx: object) -> Lasting:
        """As the settings say."""
        return Lasting.of(self.container.config)
