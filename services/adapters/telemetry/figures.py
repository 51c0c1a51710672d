"""Figures that have to be looked up: read when somebody asks, seldom, and never twice at once.

A look that costs more is made more seldom, so that however big the database, looking takes at most
a hundredth of the time. What cannot be read just now is left out; the rest is told all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from logging import getLogger
from typing import Any

import eventlet
from prometheus_client.core import GaugeMetricFamily

from services.adapters.patience import Rest

GOOD_FOR_S, REST_PER_LOOK, PATIENCE_S = 15.0, 100.0, 2.0
_log = getLogger(__name__)
GAUGES = {
    "haoping_ready": "Whether the service can do its work now: 1 or 0",
    "haoping_outbox_waiting": "Documents whose events wait to be published; 1000 also for more",
    "haoping_outbox_oldest_seconds": "For how long at most the oldest of them has waited",
    "haoping_quarantine_rows": "Rows of the quarantine that are not settled; 5000 also for more",
    "haoping_devices_silent": "Devices that have said nothing for too long while open",
    "haoping_channels_silent": "Channels without a rating for longer than is their way",
    "haoping_cases_open": "Cases that are not closed; 5000 also for more",
    "haoping_cases_overdue": "Open cases whose next deadline has passed",
    "haoping_tallies_waiting": "Notes of what was touched and not recounted; 1000 also for more",
    "haoping_tallies_oldest_seconds": "How long ago the oldest of them was written",
}
"""Every figure that is looked up, and what it means."""


@dataclass(frozen=True)
class Figure:
    """A figure as it was read just now."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


Look = Callable[[], Iterable[Figure]]


class Reading:
    """A look and what it found, for as long as that is good. `now` tells seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._rest = now, Rest(REST_PER_LOOK)
        self._good_until = float("-inf")
        self._looking: Any = None
        self.found: list[Figure] = []

    def begin(self, look: Look) -> None:
        """Look again, beside whoever asks, if what was found is not good any more."""
        start = self._now()
        if self._looking is None and start >= self._good_until and self._rest.over(start):
            self.found = []
            self._looking = eventlet.spawn(self._look, look, start)

    def _look(self, look: Look, start: float) -> None:
        try:
            self.found = list(look())
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are told
            _log.warning("a figure cannot be read now: %r", error)
        self._rest.after(start, self._now())
        self._good_until, self._looking = start + GOOD_FOR_S, None

    def wait(self) -> None:
        """Return when nobody looks any more."""
        if self._looking is not None:
            self._looking.wait()


class Readings:
    """The figures of one service, each look under a name of its own."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    def figures(self, looks: Mapping[str, Look]) -> list[Figure]:
        """What is good, and what can be looked up in `PATIENCE_S`."""
        asked = [self._readings.setdefault(name, Reading()) for name in looks]
        for reading, look in zip(asked, looks.values(), strict=True):
            reading.begin(look)
        with eventlet.Timeout(PATIENCE_S, False):
            for reading in asked:
                reading.wait()
        return [figure for reading in asked for figure in reading.found]


class Gauges:
    """Figures as Prometheus' client collects them."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A family for each name."""
        families: dict[str, GaugeMetricFamily] = {}
        for each in self._figures:
            known = GaugeMetricFamily(each.name, GAUGES[each.name], labels=list(each.labels))
            family = families.setdefault(each.name, known)
            family.add_metric(list(each.labels.values()), each.value)
        yield from families.values()
