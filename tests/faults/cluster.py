"""More nodes of RabbitMQ beside the private one: a cluster that loses some of them and heals."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
from kombu import Connection

from services.console.device import private_ports
from services.console.stack import Stack, broker, node
from services.console.stack.failure import StackFailed
from services.console.stack.layout import Layout
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.waiting import wait_until

FIRST, READY_S, CONNECT_S = "haoping@localhost", 120.0, 2
CONFIGURATION = """\
listeners.tcp.1 = {host}:{amqp}
mqtt.listeners.tcp.1 = {host}:{mqtt}
max_message_size = {largest}
log.console = true
log.file = false
disk_free_limit.absolute = 500MB
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = {first}
cluster_formation.classic_config.nodes.2 = {name}
"""


@dataclass
class Node:
    """One more node, with a folder and ports of its own, that joins the first when it starts."""

    stack: Stack
    number: int
    process: subprocess.Popen[bytes] | None = None
    ports: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = private_ports(self.stack.layout) or {}
        self.ports = {**claim(broker.PORTS, {}), "epmd": first["epmd"]}
        self.layout = Layout.of(self.stack.layout.state / f"node-{self.number}")
        self.layout.prepare()
        self._write_configuration()

    @property
    def name(self) -> str:
        """What the others call it."""
        return f"haoping-{self.number}@localhost"

    @property
    def uri(self) -> str:
        """Where it is spoken to."""
        first = private_ports(self.stack.layout) or {}
        return self.stack.amqp_uri.replace(f":{first['amqp']}/", f":{self.ports['amqp']}/")

    def start(self) -> None:
        """Start it, or start it again with what it has kept."""
        with self.layout.log("rabbitmq").open("ab") as log:
            self.process = subprocess.Popen(
                [str(_scripts() / "rabbitmq-server")],
                env=self._environment(),
                stdout=log,
                stderr=log,
            )

    def await_up(self) -> None:
        """Wait until it takes connections. Raises StackFailed."""
        wait_until(self._connect, self.name, READY_S, self.layout.log("rabbitmq"), self._has_ended)

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            with suppress(psutil.NoSuchProcess):
                top = psutil.Process(self.process.pid)
                for each in (*top.children(recursive=True), top):
                    each.kill()
            self.process.wait()

    def _connect(self) -> None:
        with Connection(self.uri, connect_timeout=CONNECT_S) as connection:
            connection.connect()

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(node.NOT_OURS)}
        epmd = Path(broker.find_epmd() or "").parent
        return {
            **inherited,
            **broker.environment(self.layout, self.ports),
            "RABBITMQ_NODENAME": self.name,
            "HOME": str(self.stack.layout.home),
            "PATH": os.pathsep.join((str(_scripts()), str(epmd), os.environ["PATH"])),
        }

    def _write_configuration(self) -> None:
        self.layout.broker.joinpath("conf.d").mkdir()
        told = CONFIGURATION.format(
            host=LOOPBACK,
            first=FIRST,
            name=self.name,
            largest=broker.LARGEST_BYTES,
            amqp=self.ports["amqp"],
            mqtt=self.ports["mqtt"],
        )
        for name, content in (
            ("rabbitmq.conf", told),
            ("enabled_plugins", f"[{','.join(broker.PLUGINS)}].\n"),
            ("advanced.config", "[].\n"),
            ("rabbitmq-env.conf", ""),
        ):
            self.layout.broker.joinpath(name).write_text(content)


@dataclass
class Cluster:
    """The private node of a stack with more beside it; every queue has a member on each."""

    stack: Stack
    nodes: list[Node]

    @classmethod
    def of(cls, stack: Stack, size: int) -> Self:
        """So many nodes altogether."""
        return cls(stack, [Node(stack, number) for number in range(2, size + 1)])

    def __enter__(self) -> Self:
        for each in self.nodes:
            each.start()
            each.await_up()
            self._give_queues_to(each)
        return self

    def __exit__(self, *args: object) -> None:
        for each in self.nodes:
            each.kill()

    def _give_queues_to(self, joined: Node) -> None:
        """Whoever joins gets a member of the queues that are there."""
        ports = private_ports(self.stack.layout) or {}
        node.control(self.stack.layout, ports, "grow", joined.name, "all", tool="rabbitmq-queues")


def _scripts() -> Path:
    found = broker.find()
    if found is None:
        raise StackFailed(broker.CHOICES)
    return found
