"""`haoping bench store`: how fast ratings are stored, beside the bare database and others."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from statistics import mean

from services.console.bench.contender import STORE, Contender, Course, peer
from services.console.bench.load import presses
from services.console.bench.result import Result
from services.console.stack import Stack

MANY, SOME, FEW, BULK = 30_000, 5_000, 2_000, 200
BARE = peer("bare_insert")
LOOP = peer("kombu_loop")
NAMEKO = peer("nameko_one_by_one", BENCH_TOUCHES="1")
FASTSTREAM = peer("faststream_one_by_one", BENCH_TOUCHES="1")
BATCHED = peer("faststream_batched")
NAMEKO_LESS, FASTSTREAM_LESS = peer("nameko_one_by_one"), peer("faststream_one_by_one")


def run(stack: Stack, rounds: int, tell: Callable[[str], None]) -> Result:
    """Every contender once in each round, so that what slows the machine slows all of them.

    Who stores one by one is given fewer, for else it takes minutes: that is to its advantage, since
    the more there is already, the longer each takes.

    The bare database is measured before the store and after it, since the speed of a machine that
    is shared drifts within a round.
    """
    course, result = Course(stack), Result("store")
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        before = _bare(course)
        _measure(course, result, "store", STORE, MANY, 1)
        result.record("bare insert_many", "ratings/s", mean((before, _bare(course))))
        for name, contender, count, pack in (
            ("store, bulk messages", STORE, MANY, BULK),
            ("kombu loop", LOOP, MANY, 1),
            ("nameko one by one", NAMEKO, FEW, 1),
            ("faststream one by one", FASTSTREAM, FEW, 1),
            ("faststream, batched by hand", BATCHED, SOME, 1),
            ("nameko, ratings alone", NAMEKO_LESS, FEW, 1),
            ("faststream, ratings alone", FASTSTREAM_LESS, FEW, 1),
        ):
            _measure(course, result, name, contender, count, pack)
    _promise(result)
    return result


def _bare(course: Course) -> float:
    db = course.fresh()
    process = course.start(BARE, MANY)
    try:
        process.wait(180)
        return float(course.log.read_text().split()[-1])
    except subprocess.TimeoutExpired:
        course.end(process)
        raise
    finally:
        course.leave(db)


def _measure(
    course: Course, result: Result, name: str, contender: Contender, count: int, pack: int
) -> None:
    run = course.run(contender, list(presses(count, 1)), pack)
    result.record(name, "ratings/s", run.per_second)
    result.record(f"{name}: CPU", "ms/rating", run.cpu_s * 1000)


def _promise(result: Result) -> None:
    for name, over, under, bound in (
        ("store_vs_insert_many", "store", "bare insert_many", 0.90),
        ("store_vs_nameko", "store", "nameko one by one", 8),
        ("store_vs_faststream", "store", "faststream one by one", 8),
    ):
        result.ratio(name, over, under, bound, at_least=True)
    result.ratio("store_cpu_vs_floor", "store: CPU", "kombu loop: CPU", 1.6, at_least=False)
