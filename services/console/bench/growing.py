"""`haoping bench growth`: what a rating costs, and what memory is held, up to a million stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from threading import Event, Thread

import psutil

from services.adapters.clock import MovableClock
from services.adapters.mongo import Db
from services.console.bench.contender import STORE, Course
from services.console.bench.load import FIRST
from services.console.bench.result import Bar, Result
from services.console.bench.serving import CAPTURE, answering, enter_sender, press
from services.console.bench.stopwatch import burnt
from services.console.stack import Stack
from services.contracts.period import days_between

CHUNK, PACK, CONNECTIONS = 25_000, 1000, 4
EARLY, LATE = (4, 8), (36, 40)
"""Chunks between which the cost is taken: 100,000 to 200,000 and 900,000 to 1,000,000 stored."""
BACKLOG = (8, 16)
"""Chunks that are sent while the store is down: a backlog of 200,000."""
LOOK_EVERY_S, QUIET_S, IDLE = 0.2, 1.0, 0.05
MEGABYTE = 1e6
MONTH = (FIRST.date() - timedelta(days=1), FIRST.date() + timedelta(days=30))
"""The days on which presses of the load may lie."""
CLOCK = {"HAOPING_CLOCK": "movable"}
"""By the wall clock the load is years old, and what is personal in it would be erased all along."""


@dataclass
class Memory:
    """The most memory that each of some processes was seen to hold, in bytes."""

    pids: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look from time to time until the `with` ends."""
        ended = Event()
        looking = Thread(target=self._look, args=(ended,), daemon=True)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join()

    def _look(self, ended: Event) -> None:
        while not ended.wait(LOOK_EVERY_S):
            for name, pid in list(self.pids.items()):
                if psutil.pid_exists(pid):
                    held = psutil.Process(pid).memory_info().rss
                    self.most[name] = max(self.most.get(name, 0), held)


def run(stack: Stack, _rounds: int, tell: Callable[[str], None]) -> Result:
    """One way to a million, however many rounds are asked for: there are medians of chunks."""
    course, result, memory = Course(stack), Result("growth"), Memory()
    db = course.fresh()
    enter_sender(db)
    MovableClock(db).move_to(FIRST + timedelta(days=31))
    with answering(course, CAPTURE, CLOCK) as url, memory.watched():
        memory.pids["capture"] = course.pids[CAPTURE.name]
        costs = _grow(course, memory, url, tell)
    _judge(result, costs, memory)
    result.record("ratings stored", "ratings", counted(db))
    course.leave(db)
    return result


def _grow(
    course: Course, memory: Memory, url: str, tell: Callable[[str], None]
) -> list[Mapping[str, float]]:
    """CPU seconds of store and database, for each rating, chunk by chunk."""
    costs = _stored(course, memory, url, range(BACKLOG[0]), tell)
    tell("a backlog waits while the store is down")
    for chunk in range(*BACKLOG):
        _send(url, chunk)
    return costs + _stored(course, memory, url, range(BACKLOG[1], LATE[1]), tell)


def _stored(
    course: Course, memory: Memory, url: str, chunks: Sequence[int], tell: Callable[[str], None]
) -> list[Mapping[str, float]]:
    """Send chunk after chunk to a store that runs, first of all what waits already."""
    store = course.start(STORE, 0, CLOCK)
    costs: list[Mapping[str, float]] = []
    memory.pids["store"] = store.pid
    watched = {"store": store.pid, "database": course.stack.pid("secantusdb")}
    try:
        _await_idle(course, watched.values())
        for chunk in chunks:
            tell(f"from {chunk * CHUNK:,}")
            before = {name: burnt([pid]) for name, pid in watched.items()}
            _send(url, chunk)
            _await_idle(course, watched.values())
            spent = {name: burnt([pid]) - before[name] for name, pid in watched.items()}
            costs.append({name: each / CHUNK for name, each in spent.items()})
            tell(", ".join(f"{name} {cost * 1000:.3f} ms" for name, cost in costs[-1].items()))
    finally:
        course.end(store)
    return costs


def _send(url: str, chunk: int) -> None:
    how = {"pack": PACK, "connections": CONNECTIONS, "seed": chunk, "parts": LATE[1]}
    press(f"{url}/v1/ratings:batch", CHUNK, **how)


def _await_idle(course: Course, pids: Collection[int]) -> None:
    """Until nothing waits and nobody has anything to do any more: a store that waits for its
    database does nothing, and has not finished.
    """
    while True:
        before = [burnt([pid]) for pid in pids]
        time.sleep(QUIET_S)
        worked = [burnt([pid]) - past for pid, past in zip(pids, before, strict=True)]
        if course.waiting() == 0 and all(before) and max(worked) < IDLE * QUIET_S:
            return


def _judge(result: Result, costs: Sequence[Mapping[str, float]], memory: Memory) -> None:
    spread = BACKLOG[1] - BACKLOG[0]
    early, late = costs[slice(*EARLY)], costs[LATE[0] - spread : LATE[1] - spread]
    for window, chunks in (("100,000 to 200,000", early), ("900,000 to 1,000,000", late)):
        for name in chunks[0]:
            for cost in chunks:
                result.record(f"{name}: CPU, {window}", "ms/rating", cost[name] * 1000)
    growth = median(sum(each.values()) for each in late) / median(
        sum(each.values()) for each in early
    )
    result.bars.append(Bar("growth_cost", growth, 1.15, at_least=False))
    for name, most in memory.most.items():
        result.record(f"{name}: most memory held", "MB", most / MEGABYTE)
        result.bars.append(Bar(f"{name}_rss_mb", most / MEGABYTE, 150, at_least=False))


def counted(db: Db) -> int:
    """How many ratings are stored; day by day, each within the time that a query may take."""
    return sum(db["ratings"].count_documents({"day": f"{day}"}) for day in days_between(*MONTH))
