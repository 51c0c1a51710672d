"""What was worked out from something that tells its edition: good until there is another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from nameko.extensions import DependencyProvider

LONGEST_S = 3600
"""After so long it is worked out again all the same: an older version may run beside, and say
nothing of what it changes.
"""

Worked = TypeVar("Worked")
Remember = Callable[[Hashable, Hashable, Callable[[], Any]], Any]


def forgetful(_: Hashable, __: Hashable, make: Callable[[], Worked]) -> Worked:
    """Work it out now."""
    return make()


class Memory:
    """Results by key, each of one edition; of more than `most` those used longest ago go."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._kept: dict[Hashable, tuple[Hashable, float, Any]] = {}

    def get(self, key: Hashable, edition: Hashable, make: Callable[[], Worked]) -> Worked:
        """The result for this edition: as remembered, or else worked out now."""
        known = self._kept.pop(key, None)
        if known is None or known[0] != edition or self._now() - known[1] > LONGEST_S:
            known = (edition, self._now(), make())
        self._kept[key] = known
        for oldest in list(self._kept)[: -self._most]:
            del self._kept[oldest]
        value: Worked = known[2]
        return value


class Remembered(DependencyProvider):
    """Gives workers the memory of their process."""

    def __init__(self, most: int) -> None:
        self._memory = Memory(most)

    def get_dependency(self, worker_ctx: object) -> Memory:
        """The memory."""
        return self._memory
