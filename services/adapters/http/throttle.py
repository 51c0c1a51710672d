"""How often somebody may ask: a moving window for each name, kept in the memory of the process."""

from __future__ import annotations

import math
import time
from functools import cached_property

from limits import RateLimitItem, parse
from limits.strategies import MovingWindowRateLimiter
from nameko.extensions import DependencyProvider, SharedExtension

from services.adapters.http.memory import Memory
from services.errors import TooMany

REQUESTS = "requests"


class Windows(SharedExtension):
    """The moving windows of a service process, sized by `HAOPING_LIMITS` of the settings."""

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        return MovingWindowRateLimiter(Memory())

    @cached_property
    def _limits(self) -> dict[str, RateLimitItem]:
        configured = self.container.config.get("HAOPING_LIMITS") or {}
        return {name: parse(str(limit)) for name, limit in configured.items()}

    def pass_or_refuse(self, kind: str, name: str) -> None:
        """Count one use of `kind` by `name`.

        Raises TooMany, with the seconds after which there is room again, once the limit is used
        up. A kind without a limit in the settings is not counted.
        """
        limit = self._limits.get(kind)
        if limit and not self._limiter.hit(limit, kind, name):
            raise self._too_many(limit, kind, name)

    def use(self, kind: str, name: str) -> None:
        """Count one use, refusing nothing: what is refused is what comes after."""
        if limit := self._limits.get(kind):
            self._limiter.hit(limit, kind, name)

    def demand_room(self, kind: str, name: str) -> None:
        """Raise TooMany when `pass_or_refuse` would; counts nothing."""
        limit = self._limits.get(kind)
        if limit and not self._limiter.test(limit, kind, name):
            raise self._too_many(limit, kind, name)

    def _too_many(self, limit: RateLimitItem, kind: str, name: str) -> TooMany:
        until = self._limiter.get_window_stats(limit, kind, name).reset_time
        return TooMany(retry_after_s=max(1, math.ceil(until - time.time())))


class Throttle(DependencyProvider):
    """Gives workers the windows; call `pass_or_refuse`."""

    windows = Windows()

    def get_dependency(self, worker_ctx: object) -> Windows:
        """The windows."""
        return self.windows
