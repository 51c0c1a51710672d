"""`haoping bench capture`: presses over HTTP, beside FastAPI and FastStream doing the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product, takewhile
from typing import Any

import httpx

from services.adapters.mongo import Db
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import ROOT, token_hash
from services.console.bench.contender import STORE, Contender, Course, peer, service
from services.console.bench.load import DIRECTORY
from services.console.bench.pressing import forms
from services.console.bench.result import Bar, Result
from services.console.bench.stopwatch import quantile
from services.console.stack import Stack
from services.console.stack.application import addresses
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.waiting import healthy, wait_until
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal

TOKEN = "bench" * 8
OURS, BATCH, PEERS = "capture, single", "capture, batch", "fastapi + faststream"
TURNS, WARMING, SINGLES, BATCHED, PACK, PACED_S = 3, 300, 4000, 20_000, 1000, 10
CONNECTIONS = 32
LONGEST_WAY_S, LONGEST_LOAD_S, START_S = 60, 180, 60
CAPTURE = service("capture")
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


@contextmanager
def answering(
    course: Course, contender: Contender, told: Mapping[str, str] | None = None
) -> Iterator[str]:
    """One contender, at the address that is yielded, until the `with` ends."""
    with serving(course, (contender,), {"PRESS_TOKEN": TOKEN, **(told or {})}) as urls:
        yield urls[contender.name]


@contextmanager
def serving(
    course: Course, contenders: Sequence[Contender], told: Mapping[str, str]
) -> Iterator[Mapping[str, str]]:
    """Contenders that know each other's addresses, which are yielded, until the `with` ends."""
    ports = claim([each.name for each in contenders], {})
    with ExitStack() as running:
        for each in contenders:
            at = f"{LOOPBACK}:{ports[each.name]}"
            own = {"WEB_SERVER_ADDRESS": at, **addresses(ports), **told}
            process = course.start(each, 0, own)
            running.callback(course.end, process)
            _wait_for(course, each, f"http://{at}", process)
        yield {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}


def _wait_for(
    course: Course, contender: Contender, url: str, process: subprocess.Popen[bytes]
) -> None:
    def ended() -> bool:
        return process.poll() is not None

    wait_until(lambda: healthy(url), contender.name, START_S, course.log, ended)


def enter_sender(db: Db) -> None:
    sender = Principal(
        id="hall", name="大厅", roles=frozenset({Role.SYSTEM}), token_hash=token_hash(TOKEN)
    )
    directory = Directory(
        version=2, units=DIRECTORY.units, windows=DIRECTORY.windows, principals=(sender,)
    )
    content = {"version": 2, "directory": directory.model_dump(mode="json")}
    db[COLLECTION].replace_one({"_id": CURRENT}, content)


def press(
    url: str, count: int, within_s: float = LONGEST_LOAD_S, **how: float
) -> Mapping[str, Any]:
    """Send presses from a process of its own, which may take so long."""
    told = {
        "PRESS_URL": url,
        "PRESS_TOKEN": TOKEN,
        "PRESS_COUNT": str(count),
        "PRESS_CONNECTIONS": str(CONNECTIONS),
        "PATH": "/usr/bin:/bin",
        **{f"PRESS_{name.upper()}": str(value) for name, value in how.items()},
    }
    command = [sys.executable, "-W", "ignore", "-m", "services.console.bench.pressing"]
    done = subprocess.run(
        command, cwd=ROOT, env=told, capture_output=True, check=True, timeout=within_s, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["failures"]:
        raise AssertionError(f"{found['failures']} of {count} presses were not taken")
    return found


def _press_to_stored(course: Course, sustained: float) -> float:
    """p99 from the POST of a press until it can be read, at half of what the edge can take."""
    db = course.fresh()
    enter_sender(db)
    store, count = course.start(STORE, 0), int(sustained / 2 * PACED_S)
    try:
        with answering(course, CAPTURE) as url, ThreadPoolExecutor(1) as others:
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
                probes = iter(forms(count, 2))
                way(client, db, next(probes))
                pace = 2 * CONNECTIONS / sustained
                load = others.submit(press, f"{url}/v1/ratings", count, pace_s=pace)
                seen = [
                    way(client, db, form) for form in takewhile(lambda _: not load.done(), probes)
                ]
            load.result()
        return quantile(seen, 0.99)
    finally:
        course.end(store)
        course.leave(db)


def way(client: httpx.Client, db: Db, form: Mapping[str, Any]) -> float:
    """Seconds from sending one press until the database shows it."""
    started = time.monotonic()
    client.post("/v1/ratings", json=form, timeout=30).raise_for_status()
    while not db["ratings"].find_one({"_id": form["rating_id"]}, {"_id": 1}):
        if time.monotonic() > started + LONGEST_WAY_S:
            raise AssertionError(f"a press was taken and not stored within {LONGEST_WAY_S} s")
        time.sleep(0.002)
    return time.monotonic() - started
