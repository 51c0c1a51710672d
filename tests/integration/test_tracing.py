"""What a collector of OpenTelemetry is told about a press on its way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.adapters.telemetry.spans import ENDPOINTS, telling
from services.console.stack import Stack
from services.contracts.tracing import TRACEPARENT, TRACERESPONSE, Trace
from tests.integration.bus import eventually
from tests.integration.collector import Collector, Seen, collecting
from tests.integration.everybody import PLANTED, TOP, Everybody, press, town_of

pytestmark = pytest.mark.integration
SYSTEM = f"system@{TOP}"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """A collector that every service of this file tells."""
    with collecting() as found, pytest.MonkeyPatch.context() as environment:
        environment.setenv(ENDPOINTS[0], found.address)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        telling.cache_clear()
        yield found
        if told := telling():
            told.shutdown()  # type: ignore[no-untyped-call]
    telling.cache_clear()


@pytest.fixture(scope="module")
def town(stack: Stack, collector: Collector) -> Iterator[Everybody]:
    """All services in one process."""
    with town_of(stack) as everybody:
        yield everybody


def one(collector: Collector, name: str, trace: str) -> Seen:
    """The first span of a name in a trace, once it came."""

    def found() -> list[Seen]:
        return [each for each in collector.named(name) if each.trace == trace]

    eventually(lambda: bool(found()))
    return found()[0]


def test_a_bad_press_is_followed_from_its_sender_to_its_case_in_one_trace(
    town: Everybody, collector: Collector
) -> None:
    senders = Trace.new()
    headers = {TRACEPARENT: senders.header}
    answer = town.ask("capture", "POST", "/v1/ratings", SYSTEM, json=press(), headers=headers)
    came = Trace.of(answer.headers[TRACERESPONSE])
    assert came
    assert came.id == senders.id
    taken = one(collector, "POST /v1/ratings", senders.id)
    stored = one(collector, "process store.ratings", senders.id)
    opened = one(collector, "process rectify.ratings", senders.id)
    counted = one(collector, "recompute tallies", stored.trace)
    assert (taken.parent, stored.parent, opened.parent) == (senders.span, taken.id, taken.id)
    assert [each.service for each in (taken, stored, opened, counted)] == [
        "capture",
        "store",
        "rectify",
        "score",
    ]
    assert one(collector, "insert ratings", senders.id).parent == stored.id
    assert one(collector, "insert cases", senders.id).parent == opened.id


def test_a_batch_of_many_senders_is_linked_with_each_of_them(
    town: Everybody, collector: Collector
) -> None:
    senders = [Trace.new() for _ in range(2)]
    batches = collector.named("process store.ratings")
    for each in senders:
        headers, backlog = {TRACEPARENT: each.header}, [press(level=5) for _ in range(3)]
        town.ask("capture", "POST", "/v1/ratings:batch", SYSTEM, json=backlog, headers=headers)
    wanted = {each.id for each in senders}

    def reached() -> set[str]:
        news = collector.spans[len(batches) :]
        found = [each for each in news if each.name.startswith("process store.")]
        return {id for each in found for id in (each.trace, *each.linked)}

    eventually(lambda: wanted <= reached())


def test_an_unsampled_request_is_told_nobody_and_no_span_names_anybody(
    town: Everybody, collector: Collector
) -> None:
    quiet, told = Trace.new(sampled=False), Trace.new()
    said = press(name=PLANTED[0], phone=PLANTED[1], comment=PLANTED[2])
    for each, form in ((quiet, said), (told, press())):
        headers = {TRACEPARENT: each.header}
        answer = town.ask("capture", "POST", "/v1/ratings", SYSTEM, json=form, headers=headers)
        assert answer.status_code == 202
    one(collector, "process store.ratings", told.id)
    assert quiet.id not in {each.trace for each in collector.spans}
    for span in collector.spans:
        assert not any(planted in span.text for planted in (*PLANTED, said["rating_id"], SYSTEM))
