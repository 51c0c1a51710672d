"""Long work in turns: whoever thinks for seconds lets others of the process be answered meanwhile.

Greenlets give way only when they wait. A month of ten thousand buckets is two seconds of thinking,
in which no page would be answered.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import eventlet

TURN_S = 0.005
Each = TypeVar("Each")


def breathing(many: Iterable[Each]) -> Iterator[Each]:
    """The same items; between two of them others get their turn, once `TURN_S` have passed."""
    since = time.monotonic()
    for each in many:
        yield each
        if time.monotonic() - since > TURN_S:
            eventlet.sleep(0)
            since = time.monotonic()
