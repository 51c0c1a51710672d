"""`haoping bench capture`: presses over HTTP, beside FastAPI and FastStream doing the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product, takewhile
from typing import Any

import httpx

from services.adapters.mongo import Db
from services.console.bench.contender import STORE, Contender, Course, peer
from services.console.bench.pressing import forms
from services.console.bench.result import Bar, Result
from services.console.bench.serving import (
    CAPTURE,
    CONNECTIONS,
    TOKEN,
    answering,
    enter_sender,
    press,
    serving,
)
from services.console.bench.stopwatch import quantile
from services.console.stack import Stack

OURS, BATCH, PEERS = "capture, single", "capture, batch", "fastapi + faststream"
BESIDE = "capture, single beside backlogs"
TURNS, WARMING, SINGLES, BATCHED, PACK, PACED_S = 8, 300, 2000, 20_000, 1000, 10
LARGEST, WAITING = 5000, 100_000
LONGEST_WAY_S = 60
FASTAPI = peer("fastapi_faststream")


def run(stack: Stack, rounds: int, tell: Callable[[str], None]) -> Result:
    """Single presses, backlogs, and the way of a press at half of the sustained load."""
    course, result = Course(stack), Result("capture")
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        sustained = _in_turn(course, result)
        result.record("press to stored: p99", "s", _press_to_stored(course, sustained))
    _promise(result)
    return result


def _in_turn(course: Course, result: Result) -> float:
    """Ours, a backlog and the peer take turns, so that the machine's moods meet all of them."""
    loads = {
        OURS: Load(CAPTURE, "ratings", SINGLES),
        BATCH: Load(CAPTURE, "ratings:batch", BATCHED, {"pack": PACK, "connections": 2}),
        PEERS: Load(FASTAPI, "ratings", SINGLES),
    }
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in loads}
    with _serving(course, (CAPTURE, FASTAPI)) as urls:
        for url in urls.values():
            press(f"{url}/v1/ratings", WARMING)
        for seed, (name, load) in product(range(TURNS), loads.items()):
            found[name].append(load.sent(urls, seed + 1))
        result.record(f"{BESIDE}: p99", "s", _beside_backlogs(urls[CAPTURE.name]))
    for name, turns in found.items():
        seconds = sum(1 / turn["per_second"] for turn in turns)
        result.record(name, "presses/s", len(turns) / seconds)
        result.record(f"{name}: p99", "s", max(turn["p99_s"] for turn in turns))
    return result.raw[OURS].runs[-1]


@dataclass(frozen=True)
class Load:
    """So many presses for a contender, and how they are sent to it."""

    contender: Contender
    path: str
    count: int
    how: Mapping[str, float] = field(default_factory=dict)

    def sent(self, urls: Mapping[str, str], seed: int) -> Mapping[str, Any]:
        """Send them; presses a second, and how long they took."""
        return press(
            f"{urls[self.contender.name]}/v1/{self.path}", self.count, seed=seed, **self.how
        )


def _beside_backlogs(url: str) -> float:
    """p99 of presses, one by one, from a window while two senders get rid of their weekend."""
    weekend = {"pack": LARGEST, "connections": 2}
    with ThreadPoolExecutor(1) as others, _window(url) as client:
        load = others.submit(press, f"{url}/v1/ratings:batch", WAITING, **weekend)
        probes = takewhile(lambda _: not load.done(), iter(forms(LARGEST, 2)))
        seen = [_answered(client, form) for form in probes]
        load.result()
    return quantile(seen, 0.99)


def _window(url: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=url, headers=headers, timeout=LONGEST_WAY_S)


def _answered(client: httpx.Client, form: Mapping[str, Any]) -> float:
    started = time.monotonic()
    client.post("/v1/ratings", json=form).raise_for_status()
    return time.monotonic() - started


def _promise(result: Result) -> None:
    result.ratio("capture_vs_fastapi", OURS, PEERS, 1.5, at_least=True)
    result.ratio("batch_vs_single", BATCH, OURS, 10, at_least=True)
    seen = result.raw["press to stored: p99"].median
    result.bars.append(Bar("press_to_stored_p99_s", seen, 1.0, at_least=False))


@contextmanager
def _serving(course: Course, contenders: Sequence[Contender]) -> Iterator[Mapping[str, str]]:
    """The contenders on an empty database that knows the sender, until the `with` ends."""
    db = course.fresh()
    enter_sender(db)
    try:
        with serving(course, contenders, {"PRESS_TOKEN": TOKEN}) as urls:
            yield urls
    finally:
        course.leave(db)


def _press_to_stored(course: Course, sustained: float) -> float:
    """p99 from the POST of a press until it can be read, at half of what the edge can take."""
    db = course.fresh()
    enter_sender(db)
    store, count = course.start(STORE, 0), int(sustained / 2 * PACED_S)
    try:
        with (
            answering(course, CAPTURE) as url,
            ThreadPoolExecutor(1) as others,
            _window(url) as client,
        ):
            probes = iter(forms(count, 2))
            way(client, db, next(probes))
            pace = 2 * CONNECTIONS / sustained
            load = others.submit(press, f"{url}/v1/ratings", count, pace_s=pace)
            seen = [way(client, db, form) for form in takewhile(lambda _: not load.done(), probes)]
            load.result()
        return quantile(seen, 0.99)
    finally:
        course.end(store)
        course.leave(db)


def way(client: httpx.Client, db: Db, form: Mapping[str, Any]) -> float:
    """Seconds from sending one press until the database shows it."""
    started = time.monotonic()
    _answered(client, form)
    while not db["ratings"].find_one({"_id": form["rating_id"]}, {"_id": 1}):
        if time.monotonic() > started + LONGEST_WAY_S:
            raise AssertionError(f"a press was taken and not stored within {LONGEST_WAY_S} s")
        time.sleep(0.002)
    return time.monotonic() - started
