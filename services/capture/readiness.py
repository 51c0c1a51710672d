"""Whether a press that is acknowledged would end in a queue: tried, since no broker tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.adapters.bus import Letter, Outgoing
from services.contracts import topology
from services.errors import Unavailable

PROBE = topology.raw_key(topology.READY)


def demand_ready(publish: Callable[[Outgoing], None]) -> None:
    """Send a probe along each way to the raw queue. Raises Unavailable with the reasons."""
    if reasons := list(_reasons(publish)):
        raise Unavailable("Presses over MQTT or AMQP could be lost now", reasons=reasons)


def is_probe(letter: Letter) -> bool:
    """Whether there is nothing in it."""
    return letter.routing_key == PROBE


def _reasons(publish: Callable[[Outgoing], None]) -> Iterator[str]:
    for exchange in (topology.MQTT, topology.RAW):
        try:
            publish(Outgoing(exchange, PROBE, b"{}"))
        except Unavailable as error:
            yield f"{exchange} to {topology.CAPTURE_RAW.name}: {error.message}"
