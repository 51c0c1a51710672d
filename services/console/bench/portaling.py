"""`haoping bench portal`: how long every page takes with a county behind it, and what it weighs."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from http import HTTPStatus

import httpx

from services.adapters.mongo import Db
from services.console.bench.caseload import SENDER
from services.console.bench.contender import Course, service
from services.console.bench.firstload import wire_bytes
from services.console.bench.portalload import NOW, PEOPLE, County, Size
from services.console.bench.result import Bar, Result
from services.console.bench.serving import serving
from services.console.bench.stopwatch import quantile, until_idle
from services.console.pages import Known, Look, Reader, looks
from services.console.stack import Stack
from services.console.stack.application import ALL, PAGES
from services.console.stack.secrets import Secrets
from services.contracts.vocabulary import Channel

BOARD, KIOSK, WORKER = "/board", "kiosk", "/kiosk/worker.js"
TIMES, STRANGE = 40, 60
PATIENCE_S, LONGEST_S = 60, 300
KB, MB = 1000, 1_000_000
Wanted = Sequence[tuple[str, Look]]
Visitors = Mapping[Reader, httpx.Client]


def run(stack: Stack, rounds: int, tell: Callable[[str], None], size: Size | None = None) -> Result:
    """Every page, so many times in each round, as its reader sees it.

    What services do once, after they first found a county, is over by then: histories are sealed,
    days are counted.
    """
    wanted, course, result, size = list(looks()), Course(stack), Result("portal"), size or Size()
    tell(f"{size.cases} cases, and {size.ratings} ratings of {size.units} units this month")
    clock = {"HAOPING_CLOCK": "movable"}
    with (
        _county(course, size) as county,
        serving(course, [service(name) for name in ALL], clock) as urls,
        _visitors(urls[PAGES]) as visitors,
    ):
        _send_strange(urls["capture"], county.db)
        known = county.known(TIMES)
        _weigh(visitors, wanted, known, result)
        until_idle([*course.pids.values(), stack.pid("secantusdb")], LONGEST_S)
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            _time(visitors, wanted, known, result, random.Random(number))
    _promise(result, wanted)
    return result


def _figure(pattern: str, look: Look) -> str:
    return f"{look.name} {pattern}"


def _promise(result: Result, wanted: Wanted) -> None:
    """The slowest page of each kind, and the heaviest; the kiosk's is one of its own."""
    took: dict[bool, list[float]] = {True: [], False: []}
    weighs: dict[bool, list[float]] = {True: [], False: []}
    for pattern, look in wanted:
        figure = _figure(pattern, look)
        took[pattern.startswith(BOARD)].append(result.raw[f"{figure}: p95"].median)
        weighs[look.name == KIOSK].append(result.raw[f"{figure}: first load"].median)
    for name, value, bound in (
        ("page_p95_ms", max(took[False]), 200.0),
        ("board_p95_ms", max(took[True]), 500.0),
        ("kiosk_kb", max(weighs[True]), 60.0),
        ("page_mb", max(weighs[False]) * KB / MB, 2.0),
    ):
        result.bars.append(Bar(name, value, bound, at_least=False))


@contextmanager
def _county(course: Course, size: Size) -> Iterator[County]:
    db = course.fresh()
    county = County(db, Secrets.of(course.stack.layout.secrets), size)
    try:
        county.settle()
        yield county
    finally:
        course.leave(db)


@contextmanager
def _visitors(url: str) -> Iterator[Visitors]:
    """A browser for each reader, signed in where there is a role to sign in with."""
    with ExitStack() as opened:
        yield {reader: opened.enter_context(closing(_visitor(url, reader))) for reader in Reader}


def _visitor(url: str, reader: Reader) -> httpx.Client:
    zipped = {"Accept-Encoding": "gzip"}
    client = httpx.Client(base_url=url, headers=zipped, timeout=PATIENCE_S, trust_env=False)
    if reader.role:
        answer = client.post("/signin", data={"token": PEOPLE[reader.role], "next": "/"})
        _demand(answer, HTTPStatus.SEE_OTHER)
    return client


def _weigh(visitors: Visitors, wanted: Wanted, known: Known, result: Result) -> None:
    """What each page and all that it names weighs; this warms the pages up as well."""
    for pattern, look in wanted:
        together = (WORKER,) if look.name == KIOSK else ()
        weight = wire_bytes(visitors[look.reader], look.address(known), *together)
        result.record(f"{_figure(pattern, look)}: first load", "kB", weight / KB)


def _time(
    visitors: Visitors, wanted: Wanted, known: Known, result: Result, chance: random.Random
) -> None:
    """All pages so many times, in another order each time: none is always the one that finds
    what others have left warm, or always the one that does not.
    """
    taken: dict[str, list[float]] = {_figure(*each): [] for each in wanted}
    for turn in range(TIMES):
        for pattern, look in chance.sample(wanted, len(wanted)):
            seconds = _seconds(visitors[look.reader], look.address(known, turn))
            taken[_figure(pattern, look)].append(seconds)
    for figure, of_page in taken.items():
        for share in (0.5, 0.95):
            result.record(f"{figure}: p{share * 100:.0f}", "ms", quantile(of_page, share) * 1000)


def _seconds(client: httpx.Client, address: str) -> float:
    started = time.monotonic()
    answer = client.get(address)
    taken = time.monotonic() - started
    _demand(answer, HTTPStatus.OK)
    return taken


def _demand(answer: httpx.Response, status: HTTPStatus) -> None:
    """A page that redirects or refuses is fast, and nothing was measured."""
    if answer.status_code != status:
        raise AssertionError(f"{answer.url} answered {answer.status_code}, not {status}")


def _send_strange(capture: str, db: Db) -> None:
    """Presses at a window that nobody knows, and wait until all are rows of the quarantine."""
    press = {"level": 5, "channel": Channel.TABLET, "window": "nowhere", "pressed_at": f"{NOW}"}
    presses = [{**press, "rating_id": f"{uuid.uuid4()}"} for _ in range(STRANGE)]
    headers = {"Authorization": f"Bearer {SENDER}"}
    answer = httpx.post(
        f"{capture}/v1/ratings:batch", json=presses, headers=headers, timeout=PATIENCE_S
    )
    answer.raise_for_status()
    until = time.monotonic() + PATIENCE_S
    while db["quarantine"].count_documents({}) < STRANGE:
        if time.monotonic() > until:
            raise AssertionError(f"{STRANGE} presses did not come into the quarantine")
        time.sleep(0.1)
