"""What was worked out a moment ago, for whoever is content with that: pages, not decisions.

Nobody waits for a result to be renewed: they are told the one there is, and the next gets the new.
What takes long to work out is renewed more seldom.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from logging import getLogger
from typing import Any, TypeVar

import eventlet
from eventlet.semaphore import Semaphore
from nameko.extensions import DependencyProvider

MOST_KEPT = 40
OLDEST_S = 300
"""Older than so many seconds a result is told to nobody."""
LASTS = 50
"""A result is good for so many times what it took to work out: renewing it is 2 % of the time."""
_log = getLogger(__name__)

Worked = TypeVar("Worked")
Kept = Callable[[Hashable, Callable[[], Worked]], Worked]


def anew(_: Hashable, make: Callable[[], Worked]) -> Worked:
    """Work it out now."""
    return make()


@dataclass
class Result:
    """What was worked out, when, for how long, and whether somebody is at it again."""

    value: Any
    at: float
    took_s: float = 0.0
    renewing: bool = False

    def lasts(self, age_s: float, now: float) -> bool:
        """Whether it need not be renewed yet for who is content with one of this age."""
        return now - self.at <= max(age_s, min(self.took_s * LASTS, OLDEST_S / 2))

    def is_old(self, now: float) -> bool:
        """Whether it is told to nobody any more."""
        return now - self.at > OLDEST_S


class Recently:
    """Results by key; those that nobody has asked for longest are let go. `now` tells seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._results: dict[Hashable, Result] = {}
        self._working: dict[Hashable, Semaphore] = {}

    def within(self, age_s: float, worth_s: float = 0.0) -> Kept[Any]:
        """A way to ask for results that are renewed once they are `age_s` old, or a little later.

        They are told until they are `OLDEST_S` old. With 0 everything is worked out now, as is
        what takes less than `worth_s`.
        """
        return anew if age_s <= 0 else lambda key, make: self._get(key, age_s, worth_s, make)

    def _get(
        self, key: Hashable, age_s: float, worth_s: float, make: Callable[[], Worked]
    ) -> Worked:
        result = self._asked_for(key)
        if result is None or result.is_old(self._now()) or result.took_s < worth_s:
            result = self._first(key, worth_s, make)
        elif not result.renewing and not result.lasts(age_s, self._now()):
            result.renewing = True
            eventlet.spawn(self._renew, key, make)
        value: Worked = result.value
        return value

    def _asked_for(self, key: Hashable) -> Result | None:
        result = self._results.pop(key, None)
        if result:
            self._results[key] = result
        return result

    def _first(self, key: Hashable, worth_s: float, make: Callable[[], Any]) -> Result:
        """One works it out, and those who ask meanwhile wait for it.

        What is worked out may ask for another result on its way.
        """
        try:
            with self._working.setdefault(key, Semaphore()):
                result = self._results.get(key)
                if result is None or result.is_old(self._now()) or result.took_s < worth_s:
                    result = self._work(key, make)
            return result
        finally:
            self._working.pop(key, None)

    def _work(self, key: Hashable, make: Callable[[], Any]) -> Result:
        started = self._now()
        value, ended = make(), self._now()
        result = Result(value, ended, ended - started)
        self._results.pop(key, None)
        self._results[key] = result
        for oldest in list(self._results)[:-MOST_KEPT]:
            del self._results[oldest]
        return result

    def _renew(self, key: Hashable, make: Callable[[], Any]) -> None:
        try:
            self._work(key, make)
        except Exception:  # noqa: BLE001 - whoever asks next works it out, and is told
            _log.warning("%s could not be worked out again", key, exc_info=True)
            self._results.pop(key, None)


class Recent(DependencyProvider):
    """Gives workers what their process worked out a moment ago."""

    def __init__(self) -> None:
        self._recently = Recently()

    def get_dependency(self, worker_ctx: object) -> Recently:
        """The results."""
        return self._recently
