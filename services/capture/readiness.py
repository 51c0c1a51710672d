"""Whether a press that is acknowledged would end in a queue: tried, since no broker tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.adapters.bus import Letter, Outgoing
from services.contracts import topology
from services.errors import Unavailable

PROBE = topology.raw_key(topology.READY)


def lost_ways(publish: Callable[[Outgoing], None]) -> Iterator[str]:
    """Send a probe along each way to the raw queue; the ways on which presses could be lost now."""
    for exchange in (topology.MQTT, topology.RAW):
        try:
            publish(Outgoing(exchange, PROBE, b"{}"))
        except Unavailable as error:
            yield f"{exchange} to {topology.CAPTURE_RAW.name}: {error.message}"


def is_probe(letter: Letter) -> bool:
    """Whether there is nothing in it."""
    return letter.routing_key == PROBE
