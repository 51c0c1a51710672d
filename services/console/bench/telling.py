"""`haoping bench telemetry`: what counting, and telling a collector of spans, costs the store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from services.console.bench.contender import PEERS, STORE, Course
from services.console.bench.load import presses
from services.console.bench.result import Bar, Result
from services.console.stack import Stack
from services.console.stack.processes import end_child
from services.contracts.events import RatingSubmitted
from services.contracts.tracing import Trace

MANY = 30_000
WITH, WITHOUT = "store, counted and told", "store, neither"
TWICE = (WITHOUT, WITH, WITH, WITHOUT)
"""The order within a round: whatever makes a machine slower and slower costs both the same."""


def run(stack: Stack, rounds: int, tell: Callable[[str], None], many: int = MANY) -> Result:
    """The store with all of its telemetry and without any, twice in each round."""
    course, result = Course(stack), Result("telemetry")
    sent = [_traced(press) for press in presses(many, 1)]
    with _collector() as address:
        told = {
            WITH: {"OTEL_EXPORTER_OTLP_ENDPOINT": address},
            WITHOUT: {"HAOPING_TELEMETRY": "off"},
        }
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            for name in TWICE:
                run = course.run(replace(STORE, told=told[name]), sent)
                result.record(name, "ratings/s", run.per_second)
                result.record(f"{name}: CPU", "ms/rating", run.cpu_s * 1000)
    cost = 1 - result.raw[WITH].median / result.raw[WITHOUT].median
    result.bars.append(Bar("telemetry_cost", cost, 0.05, at_least=False))
    return result


def _traced(press: RatingSubmitted) -> RatingSubmitted:
    """As if each came in a request of its own."""
    return press.model_copy(update={"traceparent": Trace.new().header})


@contextmanager
def _collector() -> Iterator[str]:
    """Where a collector listens that takes everything, in a process of its own."""
    command = [sys.executable, str(PEERS / "collector.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            end_child(process)
