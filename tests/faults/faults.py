"""What is broken, and mended again: every fault by its name, struck while a crowd uses the town."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial

import httpx
import psutil
from amqp import Message
from kombu import Connection

from services.adapters.clock import MovableClock
from services.console.demo.client import StoryFailed, eventually
from services.console.device import private_ports
from services.console.fleet import SimulationFailed
from services.console.stack import node
from services.console.stack.processes import owned
from services.contracts import topology
from tests.faults.orders import POINTS
from tests.faults.town import ACCEPTED, Town
from tests.faults.wire import Wire

SHORT_S, LONG_S = 4.0, 13.0
"""Longer than whoever publishes waits for a confirmation."""
A_WHILE_S, LONGEST_S, DEATHS = 30.0, 90.0, 6
SLOW_S = 0.15
WRONG_S = 5400
POISON = (b"\x00\xff not a message", b"{}", b'{"type": "Nothing", "items": [{}]}', b"[" * 5000)
Fault = Callable[[Town, random.Random], None]


def _killing(service: str) -> Fault:
    def strike(town: Town, luck: random.Random) -> None:
        for _ in range(luck.randint(1, 3)):
            town.keeper.kill(luck.choice(town.of(service)))
            time.sleep(luck.uniform(0.5, 2))

    return strike


def dying_at(point: str) -> Fault:
    """Three times; a service that nobody made come past the point by then need not."""

    def strike(town: Town, luck: random.Random) -> None:
        for _ in range(luck.randint(1, 3)):
            _let_a_day_pass(town)
            _die(town, point)

    return strike


def _die(town: Town, point: str) -> None:
    """Whoever comes past the point within `A_WHILE_S` dies there."""
    order, died = (town.orders / f"{word}-{point}" for word in ("die", "died"))
    order.touch()
    with suppress(StoryFailed):
        eventually(died.exists, point, A_WHILE_S)
    for each in (order, died):
        each.unlink(missing_ok=True)


def _let_a_day_pass(town: Town) -> None:
    clock = MovableClock(town.db)
    clock.move_to(clock.now() + timedelta(days=1))


def crash_loop(town: Town, luck: random.Random) -> None:
    """The store dies again and again, each time with messages in its hands."""
    for _ in range(DEATHS):
        _die(town, "mid-batch")


def _servers(town: Town, *commands: str) -> Iterator[psutil.Process]:
    for process in owned(town.stack.layout.state):
        with suppress(psutil.Error):
            if any(command in " ".join(process.cmdline()) for command in commands):
                yield process


def _ending(number: signal.Signals, *commands: str) -> Fault:
    def strike(town: Town, luck: random.Random) -> None:
        for process in list(_servers(town, *commands)):
            process.send_signal(number)
        time.sleep(SHORT_S)
        _await_servers(town)

    return strike


def _await_servers(town: Town) -> None:
    def there() -> bool:
        with suppress(Exception), Connection(town.stack.amqp_uri, connect_timeout=2) as broker:
            broker.connect()
            town.db.command("ping")
            return True
        return False

    eventually(there, "the servers to be there again", 120)


def _wire(name: str, spoil: Callable[[Wire], None], for_s: float) -> Fault:
    def strike(town: Town, luck: random.Random) -> None:
        wire: Wire = getattr(town, name)
        spoil(wire)
        time.sleep(for_s)
        wire.mend()

    return strike


def _silent(wire: Wire) -> None:
    wire.is_silent = True


def _slow(wire: Wire) -> None:
    wire.delay_s = SLOW_S


def _alarm(limit: tuple[str, ...], again: tuple[str, ...]) -> Fault:
    def strike(town: Town, luck: random.Random) -> None:
        ports = private_ports(town.stack.layout) or {}
        node.control(town.stack.layout, ports, *limit)
        time.sleep(LONG_S)
        node.control(town.stack.layout, ports, *again)

    return strike


def poison(town: Town, luck: random.Random) -> None:
    """Messages that nobody can read, in every queue."""
    with Connection(town.stack.amqp_uri) as connection:
        channel = connection.default_channel
        for queue in topology.WORK_QUEUES:
            for body in POISON:
                channel.basic_publish(Message(body, delivery_mode=2), "", queue.name)
    time.sleep(SHORT_S)


def wrong_clocks(town: Town, luck: random.Random) -> None:
    """The clock of one replica after the other steps back, or forward."""
    for service in ("store", "rectify", "score", "capture"):
        order = town.orders / f"clock-{town.of(service)[0]}"
        order.write_text(f"{luck.choice((-1, 1)) * luck.randint(60, WRONG_S)}")
    time.sleep(SHORT_S)
    for order in town.orders.glob("clock-*"):
        order.unlink()


def rolling_restart(town: Town, luck: random.Random) -> None:
    """Every process is stopped in order and started again."""
    for name in town.names:
        town.goodbyes[name] = max(town.keeper.stop(name), town.goodbyes.get(name, 0))
        town.keeper.start(name)
        town.keeper.await_all()


def leaving_without_servers(town: Town, luck: random.Random) -> None:
    """Everybody is asked to stop while broker and database are away."""
    town.broker.cut()
    town.database.is_silent = True
    time.sleep(SHORT_S)
    for name in town.names:
        town.keeper.ask(name)
    town.goodbyes |= {name: town.keeper.ended(name) for name in town.names}
    town.broker.mend()
    town.database.mend()
    for name in town.names:
        town.keeper.start(name)


def mid_close(town: Town, luck: random.Random) -> None:
    """Whoever closes a month dies with its snapshot kept and not in force; then it is closed."""
    before = MovableClock(town.db).now().replace(day=1) - timedelta(days=1)
    order, close = town.orders / "die-mid-close", partial(_close, town, f"{before:%Y-%m}")
    order.touch()
    eventually(lambda: close() or not order.exists(), "a death while a month is closed", LONGEST_S)
    eventually(close, "the month to be closed", LONGEST_S)


def _close(town: Town, month: str) -> bool:
    try:
        closing = {"accept": ACCEPTED}
        town.office().ask_as("scorer", "POST", "score", f"/v1/months/{month}:close", closing)
    except (httpx.HTTPError, SimulationFailed):
        return False
    return True


def much_invalid(town: Town, luck: random.Random) -> None:
    """Nearly a third of what comes in is wrong."""
    usual, town.invalid = town.invalid, 0.3
    time.sleep(LONG_S)
    town.invalid = usual


def nothing(town: Town, luck: random.Random) -> None:
    """A quiet day, beside which the others are to be read."""
    time.sleep(SHORT_S)


ENDLESS = "1000000GB"
MEMORY = ("set_vm_memory_high_watermark", "absolute", "1")
MEMORY_AGAIN = ("set_vm_memory_high_watermark", "0.25")
FAULTS: dict[str, Fault] = {
    "nothing": nothing,
    **{f"kill {name}": _killing(name) for name in ("capture", "store", "rectify", "score")},
    **{f"die {point}": dying_at(point) for point in POINTS},
    "crash loop of the store": crash_loop,
    "kill the broker": _ending(signal.SIGKILL, "beam.smp"),
    "restart the broker": _ending(signal.SIGTERM, "beam.smp"),
    "kill the database": _ending(signal.SIGKILL, "secantus"),
    "kill both": _ending(signal.SIGKILL, "beam.smp", "secantus"),
    "broker cut off": _wire("broker", Wire.cut, LONG_S),
    "database cut off": _wire("database", Wire.cut, LONG_S),
    "broker resets": _wire("broker", Wire.reset, 1),
    "database resets": _wire("database", Wire.reset, 1),
    "broker slow": _wire("broker", _slow, LONG_S),
    "database slow": _wire("database", _slow, LONG_S),
    "broker half open": _wire("broker", _silent, LONG_S),
    "database half open": _wire("database", _silent, LONG_S),
    "memory alarm": _alarm(MEMORY, MEMORY_AGAIN),
    "disk alarm": _alarm(("set_disk_free_limit", ENDLESS), ("set_disk_free_limit", "500MB")),
    "poison": poison,
    "much invalid": much_invalid,
    "die mid-close": mid_close,
    "wrong clocks": wrong_clocks,
    "rolling restart": rolling_restart,
    "leaving without servers": leaving_without_servers,
}
