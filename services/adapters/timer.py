"""`@every(seconds)`: nameko's timer, typed. It fires in every replica, so work must be guarded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nameko.timer import timer

Method = Callable[[Any], None]


def every(seconds: float) -> Callable[[Method], Method]:
    """Run a method every `seconds`, never twice at once in one process."""
    decorate: Callable[[Method], Method] = timer(interval=seconds)
    return decorate
