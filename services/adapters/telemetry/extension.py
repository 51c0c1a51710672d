"""Telemetry as part of a service: whether it is on, and what is told when Prometheus asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider, SharedExtension
from prometheus_client import generate_latest

from services.adapters.telemetry.figures import Gauges, Look, Readings
from services.adapters.telemetry.metrics import REGISTRY
from services.adapters.telemetry.spans import telling
from services.adapters.telemetry.work import IN_CONTEXT, take_up

SETTING = "HAOPING_TELEMETRY"
GOODBYE_S = 1.0
OFF = frozenset({"off", "false", "no", "0"})


class Telemetry(SharedExtension):
    """The telemetry of a service process; `HAOPING_TELEMETRY=off` takes none."""

    def __init__(self) -> None:
        self._readings, self._own = Readings(), dict[str, Look]()

    @cached_property
    def on(self) -> bool:
        """Whether anything is counted."""
        return str(self.container.config.get(SETTING, "on")).lower() not in OFF

    def look_at(self, name: str, look: Look) -> None:
        """Tell also what this look finds; for what extensions of a service know."""
        self._own[name] = look

    def stop(self) -> None:
        """Tell the collector what it was not told yet, if it listens."""
        if collector := telling():
            with eventlet.Timeout(GOODBYE_S, False):
                collector.force_flush()

    def told(self, looks: Mapping[str, Look]) -> bytes:
        """What the process has counted, and what these looks and its own find in the service."""
        figures = self._readings.figures({**self._own, **looks})
        return generate_latest(REGISTRY) + generate_latest(Gauges(figures))


class Observed(DependencyProvider):
    """Gives workers the telemetry."""

    telemetry = Telemetry()

    def get_dependency(self, worker_ctx: Any) -> Telemetry:
        """The telemetry of the process; what the worker logs and sends belongs to its work."""
        take_up(worker_ctx.service_name, worker_ctx.data.get(IN_CONTEXT))
        return self.telemetry
