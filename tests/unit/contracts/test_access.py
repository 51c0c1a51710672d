"""Who may do what on the bus, as the broker would judge it."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from services.console.stack import definitions
from services.console.stack.application import ALL
from services.contracts import topology
from services.contracts.access import ACCESS
from services.contracts.message import Message

RIGHTS = definitions.of_services(dict.fromkeys(ACCESS, "secret"))
SENDERS = {
    topology.EVENTS: {"capture", "store"},
    topology.STORED: {"store"},
    topology.CASES: {"rectify", "store"},
    topology.COMMANDS: {"rectify", "store"},
}
"""Who may write to what; the store's work list replays what others gave up."""


def rights(service: str, section: str = "permissions") -> list[dict[str, Any]]:
    """What the definitions say about a service's user."""
    name = topology.service_user(service)
    return [each for each in RIGHTS[section] if each["user"] == name]


def may_write(service: str, exchange: str, key: str) -> bool:
    """What RabbitMQ would say: about the exchange, and then about the key if there is a rule."""
    [may] = rights(service)
    topics = [each for each in rights(service, "topic_permissions") if each["exchange"] == exchange]
    return bool(re.search(may["write"], exchange)) and all(
        re.search(each["write"], key) for each in topics
    )


def senders(exchange: str, key: str) -> set[str]:
    """The services that may write this key to this exchange."""
    return {service for service in ACCESS if may_write(service, exchange, key)}


@pytest.mark.parametrize("kind", topology.MESSAGE_TYPES.values(), ids=topology.MESSAGE_TYPES)
def test_only_its_own_service_and_the_work_list_send_a_message(kind: type[Message]) -> None:
    exchange = topology.exchange_of(kind)
    assert senders(exchange, kind.routing_key) == SENDERS[exchange]


@pytest.mark.parametrize("queue", topology.QUEUES)
def test_a_queue_is_emptied_by_one_service_and_a_delay_by_nobody(queue: str) -> None:
    readers = {name for name in ACCESS if re.search(rights(name)[0]["read"], queue)}
    owner = {"dead": "store"}.get(queue.partition(".")[0], queue.partition(".")[0])
    assert readers == ({owner} if owner in ACCESS else set())


def test_nothing_can_be_put_off_into_the_queue_of_another_service() -> None:
    for seconds, queue in product(topology.DELAYS_S, topology.WORK_QUEUES):
        owner = queue.name.partition(".")[0]
        assert senders(topology.delay_exchange(seconds), queue.name) == {owner}


def test_nobody_may_change_the_topology_or_write_to_the_default_exchange() -> None:
    for service in ACCESS:
        [may] = rights(service)
        assert may["configure"] == definitions.NOTHING
        assert not any(re.search(may["write"], each) for each in ("amq.default", "amq.topic"))


def test_on_an_exchange_with_topics_nobody_may_write_without_a_rule_for_the_topic() -> None:
    for service, access in ACCESS.items():
        topical = {each for each in access.writes if topology.EXCHANGES[each] == "topic"}
        assert topical == access.topics.keys(), service


def test_who_never_speaks_to_the_broker_has_no_user_there() -> None:
    assert set(ALL) - ACCESS.keys() == {"portal", "registry"}
