"""Servers and lines that fail: killed, cut off, full, or fewer than they were."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
from amqp import Message
from amqp.exceptions import AMQPError
from kombu import Connection

from services.console.demo.client import eventually
from services.console.device import private_ports
from services.console.stack import node
from services.console.stack.failure import StackFailed
from services.console.stack.processes import owned
from services.contracts import topology
from tests.faults.town import Town
from tests.faults.wire import Wire

SHORT_S, LONG_S = 4.0, 13.0
"""Longer than whoever publishes waits for a confirmation."""
SLOW_S, ANSWER_S, RESTARTS = 0.15, 5, 4
RUNS = {"broker": "beam.smp", "database": "secantus"}
"""What a server's command line names."""
ENDLESS = "1000000GB"
MEMORY = ("set_vm_memory_high_watermark", "absolute", "1")
MEMORY_AGAIN = ("set_vm_memory_high_watermark", "0.25")
Fault = Callable[[Town, random.Random], None]


def _servers(town: Town, *commands: str) -> Iterator[psutil.Process]:
    for process in owned(town.stack.layout.state):
        with suppress(psutil.Error):
            if any(command in " ".join(process.cmdline()) for command in commands):
                yield process


def ending(number: signal.Signals, *commands: str) -> Fault:
    """A signal to the servers that run these commands, which a supervisor starts again."""

    def strike(town: Town, luck: random.Random) -> None:
        for process in list(_servers(town, *commands)):
            process.send_signal(number)
        time.sleep(SHORT_S)
        await_servers(town)

    return strike


def await_servers(town: Town) -> None:
    """Wait until broker and database answer."""

    def there() -> bool:
        with suppress(Exception), Connection(town.stack.amqp_uri, connect_timeout=2) as broker:
            broker.connect()
            town.db.command("ping")
            return True
        return False

    eventually(there, "the servers to be there again", 120)


def line(name: str, spoil: Callable[[Wire], None], for_s: float) -> Fault:
    """A line to a server is spoiled for a time."""

    def strike(town: Town, luck: random.Random) -> None:
        wire: Wire = getattr(town, name)
        spoil(wire)
        time.sleep(for_s)
        wire.mend()

    return strike


def silent(wire: Wire) -> None:
    """Nothing gets through, and nobody is told."""
    wire.is_silent = True


def slow(wire: Wire) -> None:
    """Everything takes its time."""
    wire.delay_s = SLOW_S


def alarm(limit: tuple[str, ...], again: tuple[str, ...]) -> Fault:
    """The broker takes nothing while it is over a limit."""

    def strike(town: Town, luck: random.Random) -> None:
        ports = private_ports(town.stack.layout) or {}
        node.control(town.stack.layout, ports, *limit)
        time.sleep(LONG_S)
        node.control(town.stack.layout, ports, *again)

    return strike


def full(*names: str) -> Fault:
    """Not another byte fits on the disks of these servers; then there is room again.

    What keeps their logs ends when it cannot write, and in RabbitMQ and SecantusDB does not begin
    again by itself: whoever makes room restarts them, RabbitMQ until every queue answers
    (docs/when-things-break.md).
    """

    def strike(town: Town, luck: random.Random) -> None:
        for name in names:
            town.disks[name].fill()
        time.sleep(LONG_S)
        for name in names:
            town.disks[name].make_room()
        restart = ending(signal.SIGTERM, *(RUNS[name] for name in names))
        for _ in range(RESTARTS):
            restart(town, luck)
            if _queues_answer(town):
                return
        raise StackFailed(f"not every queue answers after {RESTARTS} restarts")

    return strike


def _queues_answer(town: Town) -> bool:
    """Whether every queue of the broker can be consumed from; what comes of it is given back."""
    bounded = {"read_timeout": ANSWER_S}
    try:
        with Connection(town.stack.amqp_uri, transport_options=bounded) as connection:
            channel = connection.default_channel
            channel.basic_qos(0, 1, a_global=False)
            for queue in topology.WORK_QUEUES:
                channel.basic_cancel(channel.basic_consume(queue.name, callback=_let_be))
    except (AMQPError, OSError):
        return False
    return True


def _let_be(_: Message) -> None:
    """It is delivered to somebody else once the connection ends."""


def fewer(nodes: int) -> Fault:
    """So many nodes of the broker's cluster die, and come back after a while."""

    def strike(town: Town, luck: random.Random) -> None:
        dead = luck.sample(town.cluster.nodes, nodes)
        for each in dead:
            each.kill()
            time.sleep(LONG_S)
        for each in dead:
            each.start()
        for each in dead:
            each.await_up()

    return strike
