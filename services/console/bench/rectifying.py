"""`haoping bench rectify`: bad press to open case, an officer's lists, the sweep of deadlines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import httpx

from services.adapters.mongo import Db, ensure_indexes
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import token_hash
from services.console.bench.capturing import LONGEST_WAY_S
from services.console.bench.caseload import (
    DIRECTORY,
    DISPATCHER,
    KEY,
    SENDER,
    TAG,
    UNITS,
    aged,
    fresh,
    keep,
    officer,
    working_days,
)
from services.console.bench.contender import STORE, Course, service
from services.console.bench.load import RULES
from services.console.bench.pressing import forms
from services.console.bench.result import Bar, Result
from services.console.bench.serving import (
    CAPTURE,
    CONNECTIONS,
    TOKEN,
    answering,
    press,
)
from services.console.bench.stopwatch import quantile
from services.console.stack import Stack
from services.contracts.vocabulary import Level
from services.rectify.deadlines import derive
from services.rectify.decision import Office
from services.rectify.desk import escalate_due
from services.rectify.repository import CASES, INDEXES, Cases

RECTIFY = service("rectify")
LISTS = (
    "mine=true",
    "my_unit=true",
    "due_today=true",
    "overdue=true",
    "item=i7",
    f"tag={TAG}",
    "channel=pc",
    "state=rectifying",
    "mine=true&overdue=true",
    "my_unit=true&state=verifying&channel=mobile",
    f"state=appeal_review&channel=pc&tag={TAG}",
    "state=undispatched&overdue=true",
)
"""Every filter alone, some together, and one that no case matches."""


@dataclass(frozen=True)
class Size:
    """How much is measured: open cases, those due at a sweep, lists asked for, presses a round."""

    cases: int = 20_000
    due: int = 500
    lists: int = 200
    presses: int = 5000


def run(stack: Stack, rounds: int, tell: Callable[[str], None], size: Size | None = None) -> Result:
    """Each of the three, so many times."""
    course, result, size = Course(stack), Result("rectify"), size or Size()
    tell(f"lists over {size.cases} open cases")
    _lists(course, rounds, result, size)
    tell(f"sweeps over {size.cases} open cases, {size.due} due")
    _sweeps(course, rounds, result, size)
    tell("bad presses under load")
    for _ in range(rounds):
        _presses(course, result, size)
    _promise(result)
    return result


def _promise(result: Result) -> None:
    for name, figure, bound in (
        ("press_to_case_p99_s", "bad press to open case: p99", 2.0),
        ("list_p95_ms", "an officer's lists: p95", 150.0),
        ("sweep_s", "sweep", 10.0),
        ("swept_again", "escalated by the second sweep", 0.0),
    ):
        result.bars.append(Bar(name, result.raw[figure].median, bound, at_least=False))


@contextmanager
def _county(course: Course) -> Iterator[Db]:
    """An empty database that knows the people, until the `with` ends."""
    db = course.fresh()
    ensure_indexes(db, INDEXES)
    people = [
        each.model_copy(update={"token_hash": token_hash(TOKEN)}) if each.id == SENDER else each
        for each in DIRECTORY.principals
    ]
    directory = DIRECTORY.model_dump(mode="json") | {
        "principals": [each.model_dump(mode="json") for each in people]
    }
    db[COLLECTION].replace_one({"_id": CURRENT}, {"version": 1, "directory": directory})
    try:
        yield db
    finally:
        course.leave(db)


def _lists(course: Course, rounds: int, result: Result, size: Size) -> None:
    with _county(course) as db:
        keep(db, aged(size.cases, datetime.now(UTC)))
        with answering(course, RECTIFY) as url:
            for _ in range(rounds):
                officers = [officer(number % UNITS) for number in range(size.lists)]
                for whose, who in (("an officer", officers), ("the dispatcher", [DISPATCHER] * 20)):
                    taken = list(_listed(url, who))
                    for share in (0.5, 0.95):
                        name = f"{whose}'s lists: p{share * 100:.0f}"
                        result.record(name, "ms", quantile(taken, share) * 1000)


def _listed(url: str, who: Sequence[str]) -> Iterator[float]:
    """Seconds of each page: every list in turn, and its second page if it has one."""
    with httpx.Client(base_url=url, timeout=60) as client:
        for person, filters in zip(who, cycle(LISTS), strict=False):
            taken, page = _page(client, person, filters)
            yield taken
            if page["next"]:
                yield _page(client, person, f"{filters}&cursor={page['next']}")[0]


def _page(client: httpx.Client, who: str, filters: str) -> tuple[float, Any]:
    started = time.monotonic()
    headers = {"Authorization": f"Bearer {who}"}
    answer = client.get(f"/v1/cases?{filters}", headers=headers).raise_for_status()
    return time.monotonic() - started, answer.json()


def _sweeps(course: Course, rounds: int, result: Result, size: Size) -> None:
    """One batch of cases falls due for each round; the others are opened when all is over."""
    mornings = list(islice(working_days(datetime.now(UTC).replace(hour=1), 1), rounds + 2))
    with _county(course) as db:
        cases, due = Cases(db, KEY, RULES), []
        for number in range(rounds):
            batch = list(fresh(size.due, mornings[number], f"due-{number}"))
            due.append(derive(batch[0].case, RULES).next_due_at or mornings[-1])
            keep(db, iter(batch))
        keep(db, fresh(size.cases - rounds * size.due, mornings[-1], "rest"))
        for at in due:
            office = Office(RULES, DIRECTORY, at)
            swept, taken = _sweep(cases, office)
            if swept != size.due:
                raise AssertionError(f"{swept} of {size.due} due cases were escalated")
            again, idle = _sweep(cases, office)
            result.record("sweep", "s", taken)
            result.record("second sweep", "s", idle)
            result.record("escalated by the second sweep", "cases", again)


def _sweep(cases: Cases, office: Office) -> tuple[int, float]:
    started, swept = time.monotonic(), 0
    while done := escalate_due(cases, office):
        swept += done
    return swept, time.monotonic() - started


def _presses(course: Course, result: Result, size: Size) -> None:
    """Bad presses, one after the other, while others press at half of what the edge sustains.

    What it sustains is measured while it has the machine for itself, so that half of it is more
    than half of what the machine can do with store and rectify running too.
    """
    with _county(course) as db, answering(course, CAPTURE) as url:
        sustained = press(f"{url}/v1/ratings", size.presses)["per_second"]
        others = [course.start(STORE, 0), course.start(RECTIFY, 0)]
        try:
            probes = forms(size.presses, 2)
            _way(url, db, probes.pop())
            pace = 2 * CONNECTIONS / sustained
            with ThreadPoolExecutor(1) as pool:
                load = pool.submit(press, f"{url}/v1/ratings", size.presses, pace_s=pace)
                seen = [_way(url, db, probes.pop())]
                while not load.done():
                    seen.append(_way(url, db, probes.pop()))
                loaded = load.result()
        finally:
            for process in others:
                course.end(process)
    result.record("capture load meanwhile", "presses/s", loaded["per_second"])
    result.record("bad press to open case: p50", "s", quantile(seen, 0.5))
    result.record("bad press to open case: p99", "s", quantile(seen, 0.99))
    result.record("bad presses", "presses", len(seen))


def _way(url: str, db: Db, form: dict[str, object]) -> float:
    """Seconds from sending one bad press until its case can be read."""
    bad = {name: value for name, value in form.items() if name != "tags"}
    bad |= {"level": int(Level.VERY_DISSATISFIED)}
    started, about = time.monotonic(), {"rating_key": str(form["rating_id"])}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(f"{url}/v1/ratings", json=bad, headers=headers, timeout=30).raise_for_status()
    while not db[CASES].find_one(about, {"_id": 1}):
        if time.monotonic() > started + LONGEST_WAY_S:
            raise AssertionError(f"no case was opened within {LONGEST_WAY_S} s of a bad press")
        time.sleep(0.002)
    return time.monotonic() - started
