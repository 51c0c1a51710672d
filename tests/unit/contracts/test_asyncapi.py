"""The document of the bus says what the topology says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from services.adapters.bus import packed
from services.capture.raw import BODIES
from services.contracts import topology
from services.contracts.asyncapi import document
from services.contracts.message import Message
from tests.county import errand, press

DOCUMENT = document("1.0", BODIES)
CHANNELS: dict[str, Any] = DOCUMENT["channels"]
OPERATIONS: dict[str, Any] = DOCUMENT["operations"]


def references(node: Any) -> Iterator[str]:
    """Everything that points somewhere."""
    if isinstance(node, dict):
        if isinstance(target := node.get("$ref"), str):
            yield target
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def found(reference: str) -> Any:
    """What a reference inside the document points to."""
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def bound(channel: str) -> dict[str, Any]:
    """The AMQP binding of a channel."""
    binding: dict[str, Any] = CHANNELS[channel]["bindings"]["amqp"]
    return binding


def sent(action: str) -> set[str]:
    """The channels of all operations of a kind."""
    targets = [each["channel"]["$ref"] for each in OPERATIONS.values() if each["action"] == action]
    assert len(set(targets)) == len(targets)
    return {target.removeprefix("#/channels/") for target in targets}


def test_every_reference_leads_somewhere() -> None:
    assert [each for each in references(DOCUMENT) if found(each) is None] == []


def test_every_work_queue_is_received_from_with_its_messages() -> None:
    for queue in topology.WORK_QUEUES:
        kinds = {each.__name__ for each in queue.messages}
        kinds |= {BODIES[exchange].__name__ for exchange, _ in queue.letters}
        assert set(CHANNELS[queue.name]["messages"]) == kinds
        assert bound(queue.name)["queue"]["name"] == queue.name
    queues = {queue.name for queue in topology.WORK_QUEUES}
    assert sent("receive") == queues | set(BODIES)


def test_every_binding_of_the_topology_is_sent_to_and_nothing_else() -> None:
    work = {queue.name for queue in topology.WORK_QUEUES}
    inner = {*BODIES, topology.BACK}
    ours = {(e, key) for e, q, key in topology.BINDINGS if q in work and e not in inner}
    written = {
        (bound(each)["exchange"]["name"], CHANNELS[each]["address"]) for each in sent("send")
    }
    assert written == ours


def test_exchanges_are_of_the_type_that_is_declared() -> None:
    named = [bound(each).get("exchange") for each in CHANNELS if CHANNELS[each]["bindings"]]
    assert all(each["type"] == topology.EXCHANGES[each["name"]] for each in named if each)


def test_a_device_finds_its_topic_and_a_system_its_routing_key() -> None:
    assert CHANNELS[topology.MQTT]["address"] == "haoping/v1/ratings/{sender}"
    assert CHANNELS[topology.RAW]["address"] == topology.raw_key("{sender}")
    assert OPERATIONS[f"receive.{topology.MQTT}"]["bindings"]["mqtt"]["qos"] == 1


@pytest.mark.parametrize("message", [press(comment="好"), errand()], ids=["press", "errand"])
def test_what_travels_is_what_the_document_says(message: Message) -> None:
    [outgoing] = packed([message], "trace")
    payload = DOCUMENT["components"]["messages"][type(message).__name__]["payload"]
    check = Draft202012Validator({**payload, "components": DOCUMENT["components"]})
    check.validate(json.loads(outgoing.body))
    with pytest.raises(ValidationError):
        check.validate({**json.loads(outgoing.body), "items": [{}]})
