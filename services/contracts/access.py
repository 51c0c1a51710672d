"""Who may do what on the bus: each service sends its own messages and empties its own queues.

Nobody may change the topology, nor write to the default exchange, which leads to every queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.contracts import events, topology
from services.contracts.message import Message
from services.contracts.partitions import partitions_of
from services.contracts.topology import Queue


@dataclass(frozen=True)
class Access:
    """The exchanges that a service may write to, with which topics, and the queues it may read.

    `topics` has an entry for every exchange on which the broker looks at the routing key.
    """

    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    topics: Mapping[str, frozenset[str]] = field(default_factory=dict)


def _access(
    sends: tuple[type[Message], ...] = (),
    takes: tuple[Queue, ...] = (),
    also: Mapping[str, frozenset[str]] | None = None,
    buries: bool = False,
) -> Access:
    """Access of who `sends` messages and `takes` them; what it takes it may put off or give up.

    It holds for as many partitions as there may ever be, so that no user changes with them.
    """
    queues = frozenset(name for queue in takes for name in partitions_of(queue.name))
    delays = {topology.delay_exchange(seconds): queues for seconds in topology.DELAYS_S if queues}
    given_up = {topology.DEAD} if queues else set()
    topics = {**delays, **(also or {})}
    return Access(
        frozenset({*map(topology.exchange_of, sends), *topics, *given_up}),
        queues | ({topology.DEAD_LETTERS} if buries else frozenset()),
        {name: keys for name, keys in topics.items() if topology.EXCHANGES[name] == "topic"},
    )


_PROBE = frozenset({topology.raw_key(topology.READY)})
ACCESS: Mapping[str, Access] = {
    "capture": _access(
        (events.RatingSubmitted, events.ErrandReported),
        (topology.CAPTURE_RAW,),
        {topology.MQTT: _PROBE, topology.RAW: _PROBE},
    ),
    "store": _access(
        tuple(topology.MESSAGE_TYPES.values()),
        (
            topology.STORE_RATINGS,
            topology.STORE_BACKLOG,
            topology.STORE_ERRANDS,
            topology.STORE_COMMANDS,
        ),
        {topology.BACK: frozenset()},
        buries=True,
    ),
    "rectify": _access(
        (
            events.CaseOpened,
            events.CaseMoved,
            events.CaseClosed,
            *topology.STORE_COMMANDS.messages,
        ),
        (topology.RECTIFY_RATINGS, topology.RECTIFY_NOTICES),
    ),
    "score": _access(),
}
"""Every service that speaks to the broker; the others have no user there.

The store sends what others do as well: its work list replays their dead letters. The score only
asks how many messages wait, which takes no permission but a user's.
"""
