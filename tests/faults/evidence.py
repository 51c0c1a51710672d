"""What is kept after a round, read from the database itself and from what the services answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo

from services.adapters.ledger.chain import AUDIT
from services.console.demo.client import eventually
from services.contracts.auditing import Examination, Place
from services.contracts.ledger import first_broken
from services.score.tally import Bucket
from tests.faults.account import Kept
from tests.faults.town import ACCEPTED, Town

RATING = dict.fromkeys(("rating_id", "level", "turn", "day", "unit"), 1)
CASE = dict.fromkeys(("rating_key", "escalations", "history", "commands"), 1)
EARLY, EARLY_LEVEL, LONG_BEFORE = 20, 5, timedelta(days=62)
LONGEST_LOOK_S = 300.0
"""After a long queue there are ten times as many ratings as a service ever reads at once."""


def kept(town: Town, month: str, published_before: Any) -> Kept:
    """Everything that the account is drawn up from; `month` is the published one."""
    with pymongo.timeout(LONGEST_LOOK_S):
        return _kept(town, month, published_before)


def _kept(town: Town, month: str, published_before: Any) -> Kept:
    db = town.db
    cases = list(db["cases"].find({}, CASE))
    return Kept(
        ratings=list(db["ratings"].find({}, RATING)),
        quarantined=frozenset(each["_id"] for each in db["quarantine"].find({}, {"_id": 1})),
        cases=cases,
        tallied=_tallied(town),
        published=published(town, month),
        published_before=published_before,
        broken=(*_broken_histories(cases, town.key), *_broken_audit(town)),
    )


def _tallied(town: Town) -> Counter[tuple[str, str, int]]:
    sums: Counter[tuple[str, str, int]] = Counter()
    for each in town.db["tallies"].find():
        bucket = Bucket.unpacked(each["day"], each["unit"], each["cubes"])
        for cell, count in bucket.cells.items():
            sums[each["day"], each["unit"], int(cell.level)] += count
    return sums


def _broken_histories(cases: list[Any], key: bytes) -> Iterator[str]:
    for case in cases:
        if first_broken(key, case["history"]) is not None:
            yield f"history of {case['_id']}"


def _broken_audit(town: Town) -> Iterator[str]:
    """What is wrong with the parts of the audit."""
    parts: dict[str, list[Any]] = {}
    for entry in town.db[AUDIT].find().sort("_id", 1):
        parts.setdefault(str(entry["_id"]).partition(":")[0], []).append(entry)
    for part, entries in parts.items():
        for fault in Examination(town.key, part, Place()).faults(entries):
            yield f"audit of {part}: {fault.what}"


def publish_a_month(town: Town) -> tuple[str, dict[str, int]]:
    """Rate something two months ago, close that month and publish it; its key, and the levels."""
    month = f"{datetime.now(UTC) - LONG_BEFORE:%Y-%m}"
    at = f"{month}-11T02:00:00+00:00"
    form = {"level": EARLY_LEVEL, "channel": "pc", "window": "w1", "pressed_at": at}
    office = town.office()
    sent = [{**form, "rating_id": f"00000000-0000-4000-8000-{n:012}"} for n in range(EARLY)]
    office.ask_as("hall", "POST", "capture", "/v1/ratings:batch", sent)
    tallies = f"/v1/tallies?from={month}-01&to={month}-28"

    def counted() -> bool:
        told = office.ask_as("scorer", "GET", "score", tallies)
        return bool(told["fresh"]) and told["total"] == EARLY

    eventually(counted, "the early ratings to be counted")
    closing = {"accept": ACCEPTED}
    office.ask_as("scorer", "POST", "score", f"/v1/months/{month}:close", closing)
    office.ask_as("scorer", "POST", "score", f"/v1/months/{month}:publish", {})
    return month, {str(each["rating_id"]): EARLY_LEVEL for each in sent}


def published(town: Town, month: str) -> Any:
    """The published board as the scorer reads it now, but for how far counting has come."""
    board = town.office().ask_as("scorer", "GET", "score", f"/v1/scores/{month}")
    return {name: value for name, value in board.items() if name != "fresh"}
