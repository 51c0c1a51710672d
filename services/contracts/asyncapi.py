"""AsyncAPI 3.0 of the bus: made from the topology and the messages, so it cannot drift.

A channel is a routing key on an exchange, a queue, or an MQTT topic; an operation says which of
them Haoping sends to and receives from (https://www.asyncapi.com/docs/reference/specification).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.contracts.message import Envelope, Message
from services.contracts.topology import (
    BULK_ITEMS,
    EXCHANGES,
    MESSAGE_TYPES,
    MQTT,
    RAW,
    RAW_RATINGS,
    WITH_BACKLOG,
    WORK_QUEUES,
    Queue,
    backlog_key,
    exchange_of,
)

Json = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"
AMQP_BINDING, MQTT_BINDING = "0.3.0", "0.2.0"
QOS = 1
RECEIPTS = (
    "What is sent over the bus or MQTT is confirmed by the broker and has no other answer. For the"
    " rater's receipt send the same press to POST /v1/ratings; it is stored once all the same."
)
SENDER = {"description": "The device or system; the broker lets it write to this one only"}


def document(version: str, letters: Mapping[str, type[BaseModel]]) -> Json:
    """The document; `letters` says what is put on each raw exchange by others than us."""
    schemas = _schemas(letters)
    messages = {kind: _envelope(kind, schemas) for kind in MESSAGE_TYPES}
    messages |= {each.__name__: _letter(each) for each in letters.values()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Haoping (好评): the bus", "version": version, "description": RECEIPTS},
        "defaultContentType": "application/json",
        "channels": dict(_channels(letters)),
        "operations": dict(_operations(letters)),
        "components": {"messages": messages, "schemas": schemas},
    }


def _schemas(letters: Mapping[str, type[BaseModel]]) -> Json:
    models = [(each, "serialization") for each in (*MESSAGE_TYPES.values(), Envelope)]
    read = [(each, "validation") for each in letters.values()]
    _, schema = models_json_schema([*models, *read], ref_template=TEMPLATE)  # type: ignore[list-item]
    return dict(schema["$defs"])


def _envelope(kind: str, schemas: Json) -> Json:
    """A message as it travels: one or many of a kind in an envelope."""
    envelope = schemas[Envelope.__name__]
    items = {"type": "array", "minItems": 1, "maxItems": BULK_ITEMS, "items": _schema(kind)}
    fields = {**envelope["properties"], "type": {"const": kind}, "items": items}
    summary = (MESSAGE_TYPES[kind].__doc__ or "").splitlines()[0]
    return {"name": kind, "summary": summary, "payload": {**envelope, "properties": fields}}


def _letter(kind: type[BaseModel]) -> Json:
    summary = (kind.__doc__ or "").splitlines()[0]
    return {"name": kind.__name__, "summary": summary, "payload": _schema(kind.__name__)}


def _channels(letters: Mapping[str, type[BaseModel]]) -> Iterator[tuple[str, Json]]:
    for kind in MESSAGE_TYPES.values():
        for key in _keys(kind):
            bound = {"is": "routingKey", "exchange": _exchange(exchange_of(kind))}
            yield key, _channel(key, [kind.__name__], bound)
    for queue in WORK_QUEUES:
        bound = {"is": "queue", "queue": {"name": queue.name, **_DURABLE, "exclusive": False}}
        yield queue.name, _channel(queue.name, _held(queue, letters), bound)
    for exchange, letter in letters.items():
        yield exchange, _raw_channel(exchange, letter.__name__)


def _operations(letters: Mapping[str, type[BaseModel]]) -> Iterator[tuple[str, Json]]:
    for kind in MESSAGE_TYPES.values():
        for key in _keys(kind):
            yield f"send.{key}", {"action": "send", "channel": _reference(key)}
    for queue in WORK_QUEUES:
        yield f"receive.{queue.name}", {"action": "receive", "channel": _reference(queue.name)}
    for exchange in letters:
        bound = {"mqtt": {"qos": QOS, "bindingVersion": MQTT_BINDING}} if exchange == MQTT else {}
        receive = {"action": "receive", "channel": _reference(exchange)}
        yield f"receive.{exchange}", {**receive, "bindings": bound}


def _keys(kind: type[Message]) -> list[str]:
    backlog = [backlog_key(kind)] if kind in WITH_BACKLOG else []
    return [kind.routing_key, *backlog]


def _held(queue: Queue, letters: Mapping[str, type[BaseModel]]) -> list[str]:
    ours = [each.__name__ for each in queue.messages]
    return ours + [letters[exchange].__name__ for exchange, _ in queue.letters]


def _channel(address: str, kinds: list[str], bound: Json) -> Json:
    return {
        "address": address,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {"amqp": {**bound, "bindingVersion": AMQP_BINDING}},
    }


def _raw_channel(exchange: str, kind: str) -> Json:
    """Over MQTT a topic, over AMQP the same with dots; its last part is the sender."""
    address = f"{RAW_RATINGS}.{{sender}}"
    bound = {"is": "routingKey", "exchange": _exchange(exchange)}
    channel = _channel(address, [kind], bound) | {"parameters": {"sender": SENDER}}
    if exchange != RAW:
        channel |= {"address": address.replace(".", "/"), "bindings": {}}
    return channel


_DURABLE = {"durable": True, "autoDelete": False, "vhost": "/"}


def _exchange(name: str) -> Json:
    return {"name": name, "type": EXCHANGES[name], **_DURABLE}


def _schema(model: str) -> Json:
    return {"$ref": TEMPLATE.format(model=model)}


def _reference(channel: str) -> Json:
    return {"$ref": f"#/channels/{channel}"}
