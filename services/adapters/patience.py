"""How long to wait between tries: longer each time, up to a bound, never in step with others."""

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
