"""What tests do with a real broker: look into queues, empty them, and stand in the line's way."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from socket import SHUT_WR
from typing import Any
from urllib.parse import urlsplit

import eventlet
from kombu import Connection
from nameko.containers import ServiceContainer

from services.adapters.bus import Bus, Publisher, depths, packed
from services.adapters.bus.topology import declare
from services.adapters.mongo import connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import load_settings
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.contracts.directory import Directory
from services.contracts.events import RatingSubmitted

QUEUES = (
    *(queue.name for queue in topology.WORK_QUEUES),
    *(topology.delay_queue(seconds) for seconds in topology.DELAYS_S),
    topology.DEAD_LETTERS,
)
ANY_PORT = "127.0.0.1:0"
"""Of a service that nobody asks anything."""
Containers = Callable[..., ServiceContainer]


class Sender:
    """A service that publishes."""

    name = "sender"
    bus = Publisher()


def settings(stack: Stack, **over: str) -> dict[str, Any]:
    """What a service container is configured with, on a database and a port of its own."""
    servers = {"AMQP_URI": stack.amqp_uri, "MONGO_URI": stack.mongo_uri}
    secrets = {
        "HAOPING_MASTER_KEY_FILE": str(stack.layout.secrets / "master.key"),
        "HAOPING_LEDGER_KEY_FILE": str(stack.layout.secrets / "ledger.key"),
    }
    own = {"MONGO_DATABASE": f"test_{uuid.uuid4().hex[:8]}", "WEB_SERVER_ADDRESS": ANY_PORT}
    return {**load_settings(), **servers, **secrets, **own, **over}


@contextmanager
def in_the_county(stack: Stack, directory: Directory, **over: str) -> Iterator[dict[str, Any]]:
    """Settings for services that know the county, with an empty bus, for the length of a `with`."""
    purge(stack.amqp_uri)
    config = settings(stack, **over)
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    registry = {"version": directory.version, "directory": directory.model_dump(mode="json")}
    db[COLLECTION].insert_one({"_id": CURRENT, **registry})
    try:
        yield config
    finally:
        db.client.drop_database(db.name)
        db.client.close()


def free_address(service: str) -> str:
    """Where a service of a test may answer."""
    return f"127.0.0.1:{claim((service,), {})[service]}"


def waiting(uri: str, queue: str) -> int:
    """How many messages wait in a queue."""
    with Connection(uri) as connection:
        return depths.waiting(connection.default_channel, [queue])


def consumers(uri: str, queue: str) -> int:
    """How many take messages from a queue."""
    with Connection(uri) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).consumer_count)


def taken(uri: str, queue: str) -> list[Any]:
    """Take everything out of a queue."""
    with Connection(uri) as connection:
        channel = connection.default_channel
        return list(iter(lambda: channel.basic_get(queue, no_ack=True), None))


def _deserted(uri: str, queue: str) -> bool:
    return consumers(uri, queue) == 0


def purge(uri: str) -> None:
    """Leave every queue declared and empty, once whoever consumed for the last test has left.

    What a killed consumer held goes back into its queue.
    """
    with Connection(uri) as connection:
        declare(connection.default_channel)
        for queue in QUEUES:
            eventually(partial(_deserted, uri, queue))
            connection.default_channel.queue_purge(queue)


def eventually(holds: Callable[[], Any], within_s: float = 20) -> Any:
    """Wait until `holds()` is true and return it; fail when it never is."""
    with eventlet.Timeout(within_s, AssertionError(f"not within {within_s} s: {holds}")):
        while not (result := holds()):
            eventlet.sleep(0.05)
    return result


class Line:
    """A line to a server that can be cut, swallow what is said, or pass it on in small pieces."""

    def __init__(self, uri: str) -> None:
        broker = urlsplit(uri)
        self._target = (broker.hostname, broker.port)
        self._listening = eventlet.listen(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.uri = uri.replace(f"{broker.hostname}:{broker.port}", f"127.0.0.1:{port}")
        self.mute = self.cut = False
        self.mute_after: bytes | None = None
        self.dribbles = False
        self._pairs: list[Any] = []
        self._carrying: list[Any] = []
        self._serving = eventlet.spawn(self._serve)

    def _serve(self) -> None:
        """Carry bytes both ways, for ever."""
        while True:
            client, _ = self._listening.accept()
            if self.cut:
                client.close()
                continue
            server = eventlet.connect(self._target)
            self._pairs += [client, server]
            self._carrying += [
                eventlet.spawn(self._carry, client, server, self._heard),
                eventlet.spawn(self._carry, server, client, self._swallowed),
            ]

    def _carry(self, source: Any, sink: Any, swallowed: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not swallowed(data):
                    self._pass_on(sink, data)
            sink.shutdown(SHUT_WR)

    def _heard(self, data: bytes) -> bool:
        """What is said to the broker always gets there; after some words no answer comes back."""
        self.mute = self.mute or (self.mute_after is not None and self.mute_after in data)
        return False

    def _swallowed(self, data: bytes) -> bool:
        return self.mute

    def _pass_on(self, sink: Any, data: bytes) -> None:
        """At once, or in pieces smaller than a frame's head."""
        size = 3 if self.dribbles else len(data)
        for start in range(0, len(data), size):
            sink.sendall(data[start : start + size])
            eventlet.sleep(0)

    def close(self) -> None:
        """Cut everything; a socket is closed only when nobody reads it any more."""
        for each in (self._serving, *self._carrying):
            each.kill()
        for each in (self._listening, *self._pairs):
            each.close()


@contextmanager
def line_to(uri: str) -> Iterator[Line]:
    """A line to a server for the length of a `with`."""
    line = Line(uri)
    try:
        yield line
    finally:
        line.close()


def bus_on(container_factory: Containers, config: dict[str, Any]) -> Bus:
    """The bus of a service with this configuration."""
    container = container_factory(Sender, config)
    container.start()
    [found] = [each for each in container.extensions if isinstance(each, Bus)]
    return found


def send(bus: Bus, *presses: RatingSubmitted) -> None:
    """Publish each press in a message of its own."""
    bus.publish(*(message for each in presses for message in packed([each], "trace")))
