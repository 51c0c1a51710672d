"""What was worked out a moment ago, for whoever is content with that: pages, not decisions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider

MOST_KEPT = 12

Worked = TypeVar("Worked")
Kept = Callable[[Hashable, Callable[[], Worked]], Worked]


def anew(_: Hashable, make: Callable[[], Worked]) -> Worked:
    """Work it out now."""
    return make()


class Recently:
    """Results by key, with the moment of each; those kept longest are let go."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[float, Any]] = {}
        self._working = Semaphore()

    def within(self, age_s: float) -> Kept[Any]:
        """A way to ask for results that are at most `age_s` seconds old; 0 works everything out."""
        return anew if age_s <= 0 else lambda key, make: self._get(key, age_s, make)

    def _get(self, key: Hashable, age_s: float, make: Callable[[], Worked]) -> Worked:
        with self._working:
            at, result = self._made.pop(key, (-math.inf, None))
            if time.monotonic() - at > age_s:
                at, result = time.monotonic(), make()
            self._made[key] = at, result
            for oldest in list(self._made)[:-MOST_KEPT]:
                del self._made[oldest]
        found: Worked = result
        return found


class Recent(DependencyProvider):
    """Gives workers what their process worked out a moment ago."""

    def __init__(self) -> None:
        self._recently = Recently()

    def get_dependency(self, worker_ctx: object) -> Recently:
        """The results."""
        return self._recently
