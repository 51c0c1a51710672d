"""`haoping bench score`: closing, previewing and staying fresh, beside counting it all again."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pymongo

from services.adapters.mongo import Db, Index, ensure_indexes
from services.adapters.outbox import outbox_index
from services.adapters.remembered import Memory, Remember, forgetful
from services.console.bench import scoreload
from services.console.bench.contender import Course
from services.console.bench.freshness import Busy, freshness
from services.console.bench.load import RULES
from services.console.bench.result import Bar, Result
from services.console.bench.scoreload import Counted, inserted
from services.console.stack import Stack
from services.console.stack.layout import PROJECT
from services.contracts.directory import Directory
from services.contracts.time_to_rate import rating_ends
from services.score.archive import Imports
from services.score.closing import Closer, Closing
from services.score.happenings import Happenings
from services.score.recipes import load_recipes
from services.score.repository import INDEXES, Tallies
from services.score.scorer import Scorer
from services.score.shelf import Months

NOW = datetime(2020, 11, 5, tzinfo=UTC)
FIRST, LAST = date(2020, 10, 1), date(2020, 10, 31)
INDEX, SCORER = "haochaping-composite", "bench"
CHANGED, BATCH = 0.01, 1000
LONGEST_S = 900
OUTBOX = outbox_index("ratings")["ratings"]


@dataclass(frozen=True)
class Size:
    """A month of so many ratings over so many units, and what is busy beside it."""

    ratings: int = 1_000_000
    units: int = 300
    busy: Busy = field(default_factory=Busy)


def run(stack: Stack, rounds: int, tell: Callable[[str], None], size: Size | None = None) -> Result:
    """Close and preview a month of which 1 % has changed; then stay fresh under load."""
    course, result, size = Course(stack), Result("score"), size or Size()
    tell(f"a month of {size.ratings} ratings over {size.units} units")
    with _month(course, size) as db:
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            _close(db, size, result, random.Random(f"close {number}"))
            _preview(db, size, result, random.Random(f"preview {number}"))
    tell(f"freshness with one unit at {size.busy.ratings} ratings today")
    freshness(course, size.busy, result)
    _promise(result)
    return result


def _promise(result: Result) -> None:
    result.ratio("close_vs_group", "close", "bare $group", 0.05, at_least=False)
    for name, figure, bound in (
        ("preview_s", "preview", 2.0),
        ("freshness_p99_s", "press to tally: p99", 15.0),
        ("tally_cost", "CPU of score ÷ CPU of store", 1.0),
        ("score_rss_mb", "memory of score", 250.0),
    ):
        result.bars.append(Bar(name, result.raw[figure].median, bound, at_least=False))


@contextmanager
def _month(course: Course, size: Size) -> Iterator[Db]:
    """A month that was counted, checked and closed once, until the `with` ends.

    Ratings have the indexes by which score reads them, made once they are there: a million
    ratings are put in for their own sake here, and the others would only take time.
    """
    db = course.fresh()
    db["ratings"].drop_indexes()
    try:
        chance, counted = random.Random(0), Counted()
        where = scoreload.spread(size.ratings, scoreload.places(size.units), chance)
        for _ in inserted(db, counted.through(scoreload.ratings(where, chance))):
            pass
        ensure_indexes(db, {**INDEXES, "ratings": (*OUTBOX, Index(("day", "unit")))})
        counted.keep(db)
        scoreload.check(db, FIRST, LAST)
        closer(db, scoreload.directory(size.units)).close(scoreload.MONTH, Closing(), SCORER)
        yield db
    finally:
        course.leave(db)


def count(db: Db) -> None:
    """Bring every tally up to date, as the service does between batches."""
    while not Tallies(db).fresh:
        Tallies(db).recompute()


def closer(db: Db, known: Directory, now: datetime = NOW, remember: Remember = forgetful) -> Closer:
    """What closes and reads months of these units, as the service does at `now`."""
    ends = rating_ends(RULES.region, RULES.rating.time_to_rate)
    recipes = tuple(load_recipes(PROJECT / "config" / "index").values())
    parts = (Tallies(db), Happenings(db, remember), Months(db), Imports(db))
    return Closer(Scorer(*parts, RULES, recipes, known, ends, now))


def _close(db: Db, size: Size, result: Result, chance: random.Random) -> None:
    """Change 1 % of the buckets, then close; beside it the bare `$group` of the same ratings."""
    everywhere = scoreload.places(size.units)
    some = chance.sample(everywhere, max(1, int(len(everywhere) * CHANGED)))
    where = (chance.choice(some) for _ in range(max(len(some), int(size.ratings * CHANGED))))
    scoreload.keep(db, scoreload.ratings(where, chance))
    count(db)
    started = time.monotonic()
    closed = closer(db, scoreload.directory(size.units)).close(scoreload.MONTH, Closing(), SCORER)
    result.record("close", "s", time.monotonic() - started)
    result.record("buckets recounted", f"of {closed['buckets']}", closed["recounted"])
    started = time.monotonic()
    found = _group(db)
    result.record("bare $group", "s", time.monotonic() - started)
    _demand_digits(closer(db, scoreload.directory(size.units)), found)


def _group(db: Db) -> Counter[tuple[str, int]]:
    """What counting it all again costs at the least: valid first ratings by unit and level."""
    days = {"$gte": f"{scoreload.MONTH}-01", "$lte": f"{scoreload.MONTH}-31"}
    names = ("unit", "channel", "turn", "standing", "level")
    kinds = {"$group": {"_id": {name: f"${name}" for name in names}, "n": {"$sum": 1}}}
    counted: Counter[tuple[str, int]] = Counter()
    with pymongo.timeout(LONGEST_S):
        for each in db["ratings"].aggregate([{"$match": {"day": days}}, kinds]):
            kind = each["_id"]
            if kind["standing"] == "valid" and kind["turn"] == 1:
                counted[kind["unit"], kind["level"]] += each["n"]
    return counted


def _demand_digits(closer: Closer, counted: Counter[tuple[str, int]]) -> None:
    """Raise AssertionError unless the board has the digits of the brute-force recount."""
    page = closer.scorer.page(scoreload.MONTH, INDEX, lambda unit: True)
    for line in page["units"]:
        shown = {int(level): n for level, n in line["counts"]["levels"].items() if n}
        again = {level: n for (unit, level), n in counted.items() if unit == line["unit"]}
        if shown != again:
            raise AssertionError(f"{line['unit']} shows {shown}, and there are {again}")


def _preview(db: Db, size: Size, result: Result, chance: random.Random) -> None:
    """The board, live; then one more batch, all of one day, and the board once more.

    A service that has told a month remembers the weeks that did not change.
    """
    remember = Memory(most=32).get
    result.record("first preview", "s", _seconds_to_preview(db, size, remember))
    day = f"{scoreload.MONTH}-{chance.randint(1, scoreload.DAYS):02}"
    where = ((day, f"u{chance.randrange(size.units)}") for _ in range(BATCH))
    scoreload.keep(db, scoreload.ratings(where, chance))
    started = time.monotonic()
    count(db)
    result.record("batch to tallies", "s", time.monotonic() - started)
    result.record("preview", "s", _seconds_to_preview(db, size, remember))


def _seconds_to_preview(db: Db, size: Size, remember: Remember) -> float:
    started = time.monotonic()
    scorer = closer(db, scoreload.directory(size.units), remember=remember).scorer
    live = scorer.months.get(scoreload.MONTH).model_copy(update={"snapshot": None})
    scorer.live(live).page(INDEX, lambda unit: True)
    return time.monotonic() - started
