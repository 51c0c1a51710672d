"""`haoping bench soak`: twenty minutes at half of what is taken and stored; nothing may grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import httpx
import psutil

from services.adapters.mongo import Db, ensure_indexes
from services.console.bench.capturing import way
from services.console.bench.contender import STORE, Course, service
from services.console.bench.freshness import wait_for
from services.console.bench.growing import MONTH, counted
from services.console.bench.pressing import forms
from services.console.bench.result import Bar, Result
from services.console.bench.serving import (
    CAPTURE,
    CONNECTIONS,
    TOKEN,
    answering,
    enter_sender,
    press,
)
from services.console.stack import Stack
from services.rectify.repository import INDEXES as OF_CASES
from services.score.repository import INDEXES as OF_SCORES
from services.score.repository import Tallies

BEHIND = (STORE, service("rectify"), service("score"))
MEGABYTE = 1e6
SETTLED, LAST = (0.25, 0.5), (0.75, 1.0)
"""Parts of the time that are compared: once everything is warm, and at the end."""
MEMORY, LAG, WAITING = "memory of {}", "press to stored", "messages that wait"
Sample = Mapping[str, float]


@dataclass(frozen=True)
class Size:
    """How long, in seconds, how often it is looked, and how many presses find the pace."""

    seconds: int = 1200
    every_s: float = 5.0
    finding: int = 3000


@dataclass(frozen=True)
class Soak:
    """What runs, and what is looked at from time to time."""

    course: Course
    db: Db
    url: str
    size: Size
    samples: list[Sample] = field(default_factory=list)

    def run(self) -> int:
        """Press at half of the sustained pace until the time is over; how many were confirmed."""
        sustained = self._sustained()
        count, pace = int(sustained / 2 * self.size.seconds), 2 * CONNECTIONS / sustained
        how = {"pace_s": pace, "within_s": 2.0 * self.size.seconds, "seed": 2}
        with ThreadPoolExecutor(1) as others:
            load = others.submit(press, f"{self.url}/v1/ratings", count, **how)
            self._watch(load)
            load.result()
        return self.size.finding + count + len(self.samples)

    def _sustained(self) -> float:
        """Presses a second that are taken and stored, when as many come as the edge can take."""
        some = self.size.finding
        taken_s = some / float(press(f"{self.url}/v1/ratings", some)["per_second"])
        began = time.monotonic()
        wait_for(lambda: counted(self.db) == some, "everything to be stored")
        return some / (taken_s + time.monotonic() - began)

    def _watch(self, load: Future[Any]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=self.url, headers=headers) as client:
            for form in forms(int(2 * self.size.seconds / self.size.every_s), 3):
                lag = way(client, self.db, form)
                self.samples.append({**self._held(), LAG: lag, WAITING: self.course.waiting()})
                time.sleep(self.size.every_s)
                if load.done():
                    break

    def _held(self) -> Sample:
        servers = {"database": self.course.stack.pid("secantusdb")}
        return {
            MEMORY.format(name): psutil.Process(pid).memory_info().rss / MEGABYTE
            for name, pid in (self.course.pids | servers).items()
            if pid and psutil.pid_exists(pid)
        }


def run(
    stack: Stack, _rounds: int, tell: Callable[[str], None], size: Size | None = None
) -> Result:
    """One soak, however many rounds are asked for."""
    course, result, size = Course(stack), Result("soak"), size or Size()
    db = course.fresh()
    ensure_indexes(db, {**OF_CASES, **OF_SCORES})
    enter_sender(db)
    tell(f"{size.seconds} s at half of the sustained pace")
    with answering(course, CAPTURE) as url, _behind(course):
        soak = Soak(course, db, url, size)
        confirmed = soak.run()
        wait_for(lambda: _is_through(course, db), "everything to be tallied")
    tallied = sum(Tallies(db).cells(*MONTH, None).values())
    _judge(result, soak.samples)
    for name, gone in (("lost", confirmed - counted(db)), ("untallied", counted(db) - tallied)):
        result.bars.append(Bar(name, abs(gone), 0, at_least=False))
    result.record("confirmed", "presses", confirmed)
    course.leave(db)
    return result


@contextmanager
def _behind(course: Course) -> Iterator[None]:
    """The services that take up what was captured, until the `with` ends."""
    running = [course.start(each, 0) for each in BEHIND]
    try:
        yield
    finally:
        for each in running:
            course.end(each)


def _is_through(course: Course, db: Db) -> bool:
    return course.waiting() == 0 and Tallies(db).fresh


def _judge(result: Result, samples: Sequence[Sample]) -> None:
    """How much more memory is held, and how much longer a press takes, than when all was warm."""
    for name in samples[0]:
        unit = "s" if name == LAG else "messages" if name == WAITING else "MB"
        for sample in samples:
            result.record(name, unit, sample[name])
    ours = [MEMORY.format(each.name) for each in (CAPTURE, *BEHIND)]
    result.bars += [
        Bar("memory_growth", max(_growth(samples, name) for name in ours), 1.1, at_least=False),
        Bar("lag_growth", _growth(samples, LAG), 1.5, at_least=False),
    ]


def _growth(samples: Sequence[Sample], name: str) -> float:
    settled, last = (
        median(sample[name] for sample in samples[_at(samples, first) : _at(samples, end)])
        for first, end in (SETTLED, LAST)
    )
    return last / settled


def _at(samples: Sequence[Sample], part: float) -> int:
    return round(part * len(samples))
