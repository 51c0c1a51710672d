"""How soon a press is in its tally while the edge is busy, and what that costs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import httpx
import psutil

from services.adapters.mongo import Db, ensure_indexes
from services.console.bench import scoreload
from services.console.bench.contender import STORE, Course, service
from services.console.bench.load import FIRST
from services.console.bench.result import Result
from services.console.bench.serving import (
    CAPTURE,
    CONNECTIONS,
    TOKEN,
    answering,
    enter_sender,
    press,
)
from services.console.bench.stopwatch import burnt, quantile
from services.score.repository import INDEXES, Tallies

SCORE = service("score")
LONGEST_S = 120.0
WINDOWS = 50
PROBE = "qr"
"""A channel that the load does not use, so that a probe is known again in its bucket."""


@dataclass(frozen=True)
class Busy:
    """Ratings of the busy unit today, presses to find the sustained rate, and seconds of load."""

    ratings: int = 20_000
    presses: int = 3000
    load_s: int = 60


def freshness(course: Course, size: Busy, result: Result) -> None:
    """From a press until it is in its tally, at half of what the edge can take."""
    db = course.fresh()
    ensure_indexes(db, INDEXES)
    enter_sender(db)
    _keep_busy(db, size)
    programs = [course.start(STORE, 0), course.start(SCORE, 0)]
    try:
        with answering(course, CAPTURE) as url:
            sustained = press(f"{url}/v1/ratings", size.presses)["per_second"]
            wait_for(lambda: Tallies(db).fresh, "the tallies to catch up")
            _load(course, db, url, sustained, size, result)
    finally:
        for program in programs:
            course.end(program)
        course.leave(db)


def _load(course: Course, db: Db, url: str, sustained: float, size: Busy, result: Result) -> None:
    watched = {name: psutil.Process(course.pids[name]) for name in ("score", "store")}
    before = {name: burnt([process.pid]) for name, process in watched.items()}
    count, pace = int(sustained / 2 * size.load_s), 2 * CONNECTIONS / sustained
    with ThreadPoolExecutor(1) as others:
        load = others.submit(press, f"{url}/v1/ratings", count, pace_s=pace)
        seen = list(_probes(db, url, load.done))
        load.result()
    wait_for(lambda: Tallies(db).fresh, "the tallies to catch up")
    spent = {name: burnt([process.pid]) - before[name] for name, process in watched.items()}
    result.record("load", "presses/s", sustained / 2)
    result.record("press to tally: p99", "s", quantile(seen, 0.99))
    result.record("CPU of score ÷ CPU of store", "", spent["score"] / spent["store"])
    result.record("memory of score", "MB", watched["score"].memory_info().rss / 2**20)


def _keep_busy(db: Db, size: Busy) -> None:
    """A hall whose windows serve a citizen a minute each: more at one would be marked a burst."""
    places = ((f"{FIRST:%Y-%m-%d}", "u0") for _ in range(size.ratings))
    ratings = scoreload.ratings(places, random.Random(0))
    windows = (f"w0-{number % WINDOWS}" for number in count())
    scoreload.keep(
        db, ({**each, "window": own} for each, own in zip(ratings, windows, strict=False))
    )


def _probes(db: Db, url: str, ended: Callable[[], bool]) -> Iterator[float]:
    """Press at the busy unit again and again; seconds until each press is in the tally."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        number = 0
        while not ended() or not number:
            number += 1
            started = time.monotonic()
            client.post("/v1/ratings", json=_form(number)).raise_for_status()
            wait_for(partial(_has_probes, db, number), "a press to be tallied")
            yield time.monotonic() - started


def _form(number: int) -> dict[str, Any]:
    return {
        "rating_id": f"00000000-0000-4000-8000-{number:012}",
        "level": 5,
        "channel": PROBE,
        "window": "w0",
        "pressed_at": FIRST.isoformat(),
    }


def _has_probes(db: Db, number: int) -> bool:
    cells = Tallies(db).cells(FIRST.date(), FIRST.date(), frozenset({"u0"}))
    return sum(count for cell, count in cells.items() if cell.channel == PROBE) >= number


def wait_for(holds: Callable[[], bool], what: str) -> None:
    """Until it holds. Raises AssertionError when that takes over `LONGEST_S`."""
    patience_ends = time.monotonic() + LONGEST_S
    while not holds():
        if time.monotonic() > patience_ends:
            raise AssertionError(f"waited {LONGEST_S:.0f} s for {what}")
        time.sleep(0.05)
