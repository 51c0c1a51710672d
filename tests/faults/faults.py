"""What is broken, and mended again: every fault by its name, struck while a crowd uses the town."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial

import httpx
from amqp import Message
from kombu import Connection

from services.adapters.clock import MovableClock
from services.console.demo.client import StoryFailed, eventually
from services.console.fleet import SimulationFailed
from services.contracts import topology
from tests.faults.disks import can_be_made
from tests.faults.flood import long_queue
from tests.faults.orders import POINTS
from tests.faults.outages import (
    ENDLESS,
    LONG_S,
    MEMORY,
    MEMORY_AGAIN,
    SHORT_S,
    Fault,
    alarm,
    ending,
    fewer,
    full,
    line,
    silent,
    slow,
)
from tests.faults.town import ACCEPTED, Town
from tests.faults.wire import Wire

A_WHILE_S, LONGEST_S, DEATHS = 30.0, 90.0, 6
WRONG_S = 5400
POISON = (b"\x00\xff not a message", b"{}", b'{"type": "Nothing", "items": [{}]}', b"[" * 5000)


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


FULL_DATABASE = {"disk of the database full": full("database")}
FULL_BROKER = {
    "disk of the broker full": full("broker"),
    "both disks full": full("broker", "database"),
}
FAULTS: dict[str, Fault] = {
    "nothing": nothing,
    **{f"kill {name}": _killing(name) for name in ("capture", "store", "rectify", "score")},
    **{f"die {point}": dying_at(point) for point in POINTS},
    "crash loop of the store": crash_loop,
    "kill the broker": ending(signal.SIGKILL, "beam.smp"),
    "restart the broker": ending(signal.SIGTERM, "beam.smp"),
    "kill the database": ending(signal.SIGKILL, "secantus"),
    "kill both": ending(signal.SIGKILL, "beam.smp", "secantus"),
    "broker cut off": line("broker", Wire.cut, LONG_S),
    "database cut off": line("database", Wire.cut, LONG_S),
    "broker resets": line("broker", Wire.reset, 1),
    "database resets": line("database", Wire.reset, 1),
    "broker slow": line("broker", slow, LONG_S),
    "database slow": line("database", slow, LONG_S),
    "broker half open": line("broker", silent, LONG_S),
    "database half open": line("database", silent, LONG_S),
    "memory alarm": alarm(MEMORY, MEMORY_AGAIN),
    "disk alarm": alarm(("set_disk_free_limit", ENDLESS), ("set_disk_free_limit", "500MB")),
    "poison": poison,
    "much invalid": much_invalid,
    "die mid-close": mid_close,
    "wrong clocks": wrong_clocks,
    "rolling restart": rolling_restart,
    "leaving without servers": leaving_without_servers,
    **(FULL_DATABASE if can_be_made() else {}),
}
IN_A_CLUSTER: dict[str, Fault] = {
    "one node of three dies": fewer(1),
    "two nodes of three die": fewer(2),
    "first node of three dies": ending(signal.SIGKILL, "beam.smp"),
}
"""Struck in a town whose broker is a cluster of three."""
BY_NAME: dict[str, Fault] = {
    "long queue": long_queue,
    **(FULL_BROKER if can_be_made() else {}),
}
"""Struck only by name: what takes minutes, and what RabbitMQ 3.10 does not always survive."""
EVERY = {**FAULTS, **BY_NAME, **IN_A_CLUSTER}
