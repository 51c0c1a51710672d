"""Pieces of work as spans of OpenTelemetry, told to a collector once they have ended.

They go where `OTEL_EXPORTER_OTLP_ENDPOINT` says, over HTTP, by OpenTelemetry's own processor: it
never holds work up, and drops what the collector does not take. Without that setting nothing is
told. A span names routes, queues and collections; nobody, and nothing that was said.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.adapters.telemetry.work import work_at_hand, working
from services.contracts.tracing import Trace

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
FAILED = Status(StatusCode.ERROR)
Attributes = dict[str, str | int]


@cache
def telling() -> BatchSpanProcessor | None:
    """What tells the collector; None where no collector is named."""
    return BatchSpanProcessor(OTLPSpanExporter()) if any(map(os.environ.get, ENDPOINTS)) else None


@cache
def _resource(service: str) -> Resource:
    return Resource.create({"service.name": service, "service.namespace": "haoping"})


def _context(trace: Trace, came: bool = False) -> SpanContext:
    flags = TraceFlags(int(trace.sampled))
    return SpanContext(int(trace.id, 16), int(trace.span, 16), came, flags)


def tell(
    name: str,
    kind: SpanKind,
    trace: Trace,
    parent: Trace | None,
    began_ns: int,
    attributes: Attributes,
    links: Sequence[Trace] = (),
    failed: bool = False,
) -> None:
    """Tell of a piece of the work at hand that has ended just now; `links` are what it came of."""
    work, collector = work_at_hand(), telling()
    if work and collector and trace.sampled:
        span = ReadableSpan(
            name,
            context=_context(trace),
            parent=_context(parent, came=True) if parent else None,
            resource=_resource(work.service),
            attributes=attributes,
            links=[Link(_context(each, came=True)) for each in links],
            kind=kind,
            status=FAILED if failed else Status(),
            start_time=began_ns,
            end_time=time.time_ns(),
        )
        collector.on_end(span)


def piece(
    name: str, kind: SpanKind, parent: Trace | None = None, links: Sequence[Trace] = ()
) -> AbstractContextManager[Attributes]:
    """The work at hand, for the length of a `with`, as a span with the attributes that it adds."""
    return _told(name, kind, parent, links) if telling() else nullcontext({})


@contextmanager
def _told(
    name: str, kind: SpanKind, parent: Trace | None, links: Sequence[Trace]
) -> Iterator[Attributes]:
    began, attributes, failed = time.time_ns(), Attributes(), True
    try:
        yield attributes
        failed = False
    finally:
        if work := work_at_hand():
            tell(name, kind, work.trace, parent, began, attributes, links, failed)


@contextmanager
def going_on(service: str, name: str, kind: SpanKind, came: Sequence[Trace]) -> Iterator[None]:
    """Work on what came, for the length of a `with`: in its trace, or for many in one of its own,
    which is linked with theirs.
    """
    parent = came[0] if len({each.id for each in came}) == 1 else None
    trace = parent.next() if parent else Trace.new()
    with working(service, trace), piece(name, kind, parent, () if parent else came):
        yield
