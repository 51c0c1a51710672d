"""What a process counts, under the names that docs/seeing.md explains.

There is one set for each process, whichever services run in it. No label has values without a
bound: an address is told by its route, and nobody and no press by anything.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from services.adapters.outcome import Done, Failed, Later, Never, Outcome
from services.errors import Refused

REGISTRY = CollectorRegistry()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
AGES = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 72 * 3600)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
NAMES: dict[type[Outcome], str] = {Done: "done", Later: "later", Never: "never", Failed: "failed"}
HTTP, LINK, NO_ROUTE = "http", "link", "none"
"""What an address that is none of ours, and its method, are counted under."""

disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)
PRESSES = Counter(
    "haoping_presses_total",
    "Presses that came to the edge, by the way they came and what they were answered",
    ("protocol", "outcome"),
    registry=REGISTRY,
)
REQUESTS = Counter(
    "haoping_http_requests_total",
    "HTTP requests that were answered",
    ("method", "route", "status"),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "haoping_http_request_seconds",
    "Seconds from the head of a request to its answer",
    ("method", "route"),
    buckets=SECONDS,
    registry=REGISTRY,
)
MESSAGES = Counter(
    "haoping_messages_total",
    "Messages of a queue, by what became of them here",
    ("queue", "outcome"),
    registry=REGISTRY,
)
BATCH_SIZE = Histogram(
    "haoping_batch_size",
    "Messages that were handled at once",
    ("queue",),
    buckets=SIZES,
    registry=REGISTRY,
)
MESSAGE_AGE = Histogram(
    "haoping_message_age_seconds",
    "Seconds from the sending of the first message of a batch to the end of the batch",
    ("queue",),
    buckets=AGES,
    registry=REGISTRY,
)
TIMER_FAILURES = Counter(
    "haoping_timer_failures_total",
    "Runs of a timer that failed",
    ("timer",),
    registry=REGISTRY,
)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered; `route` is a template, never an address."""
    count, took = _of_route(method, route, status)
    count.inc()
    took.observe(seconds)


@cache
def _of_route(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """What counts a route: to look it up each time costs three times what counting does."""
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route)


def turned_away(status: int) -> None:
    """Count a request that was refused at the door, before anybody looked for its route."""
    REQUESTS.labels(NO_ROUTE, NO_ROUTE, status).inc()


def handled(queue: str, outcomes: Collection[Outcome], sent_at: datetime | None) -> None:
    """Count a batch whose outcomes are in place; its first message was sent at that time."""
    BATCH_SIZE.labels(queue).observe(len(outcomes))
    for kind, count in Tally(map(type, outcomes)).items():
        MESSAGES.labels(queue, NAMES[kind]).inc(count)
    if sent_at is not None:
        age = (datetime.now(UTC) - sent_at).total_seconds()
        MESSAGE_AGE.labels(queue).observe(max(0.0, age))


def pressed(protocol: str, outcome: str, count: int = 1) -> None:
    """Count presses: `accepted` by the bus, `refused` for good, or `failed`: sent again."""
    if count:
        _of_presses(protocol, outcome).inc(count)


@cache
def _of_presses(protocol: str, outcome: str) -> Counter:
    return PRESSES.labels(protocol, outcome)


@contextmanager
def one_press(protocol: str) -> Iterator[None]:
    """Count one press by how a `with` ends."""
    try:
        yield
    except Refused:
        pressed(protocol, "refused")
        raise
    except Exception:
        pressed(protocol, "failed")
        raise
    pressed(protocol, "accepted")


@contextmanager
def backlog(protocol: str, taken: int, refused: int) -> Iterator[None]:
    """Count the presses of a backlog: those that can be taken are, if a `with` ends well."""
    pressed(protocol, "refused", refused)
    try:
        yield
    except Exception:
        pressed(protocol, "failed", taken)
        raise
    pressed(protocol, "accepted", taken)


def timer_failed(timer: str) -> None:
    """Count a run of a timer that failed."""
    TIMER_FAILURES.labels(timer).inc()
