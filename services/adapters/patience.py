"""How long to wait: between tries, longer each time and never in step with others; after work, in
proportion to it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

FIRST_S = 0.2
LONGEST_S = 10.0


def pauses() -> Iterator[float]:
    """Seconds to wait before each next try, for ever."""
    return (
        min(FIRST_S * 2**tries, LONGEST_S) * random.uniform(0.5, 1) for tries in itertools.count()
    )


class Rest:
    """After work of t seconds comes a rest of `per_work` t, at most `longest_s`."""

    def __init__(self, per_work: float, longest_s: float = float("inf")) -> None:
        self._per_work, self._longest_s = per_work, longest_s
        self._until = float("-inf")

    def seconds(self, work_s: float) -> float:
        """How long to rest after so much work."""
        return min(self._per_work * work_s, self._longest_s)

    def over(self, now: float) -> bool:
        """Whether it is time to work again."""
        return now >= self._until

    def after(self, start: float, end: float) -> None:
        """Say from when to when the last work went on."""
        self._until = end + self.seconds(end - start)
