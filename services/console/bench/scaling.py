"""`haoping bench scale`: one, two and four stores on one queue and on four partitions of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path

import psutil

from services.console.bench.contender import Contender, Course, peer
from services.console.bench.load import presses
from services.console.bench.result import Result
from services.console.bench.stopwatch import burnt
from services.console.stack import Stack
from services.contracts.events import RatingSubmitted
from services.contracts.topology import COMPANY

STORES, PARTITIONS = (1, 2, 4), (1, 4)
MANY, DIFFERENT = {"null": 480_000, "database": 20_000}, 20_000
"""How many are on the queue; beyond so many they come again. A sink that keeps nothing does not see
it, and to make them up anew for each setting would take longer than to measure it.
"""
FROM, TO = 0.2, 0.9
"""Parts of the queue between which it is measured: all have begun, and none has run out of work."""
LONGEST_S, LOOK_EVERY_S = 180.0, 0.05


@dataclass(frozen=True)
class Setting:
    """So many stores on so many partitions, into this sink."""

    sink: str
    partitions: int
    stores: int

    def __str__(self) -> str:
        return f"{self.sink} sink, {self.partitions} partitions, {self.stores} stores"


def run(
    stack: Stack, rounds: int, tell: Callable[[str], None], many: Mapping[str, int] = MANY
) -> Result:
    """Every setting once in each round; the queue is filled before, and nobody feeds it.

    Presses travel as those of a busy edge do: in envelopes of a few, each to a partition.
    """
    course, result = Course(stack), Result("scale")
    made = list(presses(min(DIFFERENT, max(many.values())), 1))
    settings = [Setting(*each) for each in product(many, PARTITIONS, STORES)]
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for setting in settings:
            _measure(course, setting, made, many[setting.sink], result)
    one, two = (f"{Setting('null', 4, stores)}: ratings" for stores in (1, 2))
    result.ratio("scale_2_vs_1", two, one, 1.7, at_least=True)
    return result


def _measure(
    course: Course, setting: Setting, made: Sequence[RatingSubmitted], many: int, result: Result
) -> None:
    """Ratings a second, what each process burns for one, and for how long stores only wait."""
    course.spread(setting.partitions)
    db, counted = course.fresh(), course.stack.layout.state / "counted"
    counted.write_bytes(b"")
    course.fill(islice(cycle(made), many), COMPANY)
    try:
        with _stores(course, setting, counted) as stores:
            began, before = _at(counted, FROM * many), _burnt(course, stores)
            ended, after = _at(counted, TO * many), _burnt(course, stores)
    finally:
        course.leave(db)
        course.spread(1)
    seconds, ratings = ended - began, (TO - FROM) * many
    result.record(f"{setting}: ratings", "ratings/s", ratings / seconds)
    for name, cpu in after.items():
        spent = cpu - before[name]
        result.record(f"{setting}: CPU of {name}", "ms/rating", spent / ratings * 1000)
    idle = 1 - (after["stores"] - before["stores"]) / (seconds * setting.stores)
    result.record(f"{setting}: stores wait", "share of time", max(0.0, idle))


@contextmanager
def _stores(course: Course, setting: Setting, counted: Path) -> Iterator[Sequence[int]]:
    told = {"BENCH_SINK": setting.sink, "BENCH_COUNTED": str(counted)}
    found = peer("counting_store", **told)
    contenders = [
        Contender(f"store-{number}", found.command, found.told) for number in range(setting.stores)
    ]
    started = [course.start(each, 0) for each in contenders]
    try:
        yield [process.pid for process in started]
    finally:
        for process in started:
            course.end(process)


def _at(counted: Path, wanted: float) -> float:
    """The moment at which so many are handled. Raises TimeoutError."""
    until = time.monotonic() + LONGEST_S
    while counted.stat().st_size < wanted:
        if time.monotonic() > until:
            raise TimeoutError(f"not {wanted:.0f} ratings after {LONGEST_S:.0f} s")
        time.sleep(LOOK_EVERY_S)
    return time.monotonic()


def _burnt(course: Course, stores: Sequence[int]) -> dict[str, float]:
    """Seconds of a processor that each has used."""
    broker, database = (_family(course.stack.pid(name)) for name in ("rabbitmq", "secantusdb"))
    pids = {"stores": stores, "broker": broker, "database": database}
    return {name: burnt(some) for name, some in pids.items()}


def _family(pid: int) -> list[int]:
    return [pid, *(each.pid for each in psutil.Process(pid).children(recursive=True))]
