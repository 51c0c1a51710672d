"""The work at hand: for which service, and in which trace. What it logs and sends tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from services.contracts.tracing import Trace

IN_CONTEXT = "trace"
"""Under which name an entrypoint hands its trace to the worker, which is a greenlet of its own."""


@dataclass(frozen=True)
class Work:
    """A request, a batch, or a run of a timer."""

    service: str
    trace: Trace


_at_hand: ContextVar[Work | None] = ContextVar("work", default=None)


def work_at_hand() -> Work | None:
    """What this greenlet is working on, if it has said so."""
    return _at_hand.get()


def trace_at_hand() -> Trace:
    """The trace of the work at hand; a new one outside of any."""
    work = _at_hand.get()
    return work.trace if work else Trace.new()


def take_up(service: str, trace: Trace | None = None) -> None:
    """From now on this greenlet works on this, to its end.

    What comes without a trace is a run of a timer: there are thousands a day, and nobody asks.
    """
    _at_hand.set(Work(service, trace or Trace.new(sampled=False)))


@contextmanager
def working(service: str, trace: Trace) -> Iterator[Trace]:
    """Work on something for the length of a `with`."""
    token = _at_hand.set(Work(service, trace))
    try:
        yield trace
    finally:
        _at_hand.reset(token)
