"""`@every(seconds)`: nameko's timer, typed. It fires in every replica, so work must be guarded.

What fails is told in the log and tried again after longer and longer rests: nameko would say
nothing, and try again at once, whatever each try costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from logging import getLogger
from typing import Any

from eventlet import Timeout
from nameko.timer import Timer

from services.adapters.patience import pauses
from services.adapters.telemetry.metrics import timer_failed

Method = Callable[[Any], None]
_log = getLogger(__name__)


class SteadyTimer(Timer):
    """nameko's timer, by a clock that nobody sets, and without making up for what it missed.

    nameko counts from the wall clock at its start: set back a day, as by the first answer of a time
    server, it would rest for that day; set forward, or late by an outage, it would fire without a
    pause as often as it should have meanwhile.
    """

    def _run(self) -> None:
        """Fire until the service is to stop: each `interval`, or as soon as a longer run ends."""
        rest = self.interval
        while not self._stops_within(rest):
            began = time.monotonic()
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()
            rest = max(self.interval - (time.monotonic() - began), 0.0)

    def _stops_within(self, seconds: float) -> bool:
        with Timeout(seconds, False):
            return bool(self.should_stop.wait())
        return False


def every(seconds: float) -> Callable[[Method], Method]:
    """Run a method every `seconds`, never twice at once in one process."""
    on_time: Callable[[Method], Method] = SteadyTimer.decorator(interval=seconds)
    return lambda method: on_time(resting_after_failures(method))


def resting_after_failures(method: Method, now: Callable[[], float] = time.monotonic) -> Method:
    """The same; after a failure it does nothing for a while, longer with each in a row."""
    rests, resumes_at = pauses(), float("-inf")

    @wraps(method)
    def run(service: Any) -> None:
        nonlocal rests, resumes_at
        if now() < resumes_at:
            return
        try:
            method(service)
        except Exception:  # noqa: BLE001 - whatever it is, the next try may go well
            rest = next(rests)
            resumes_at = now() + rest
            timer_failed(method.__qualname__)
            _log.exception("%s failed, and is tried again in %.1f s", method.__qualname__, rest)
        else:
            rests = pauses()

    return run
