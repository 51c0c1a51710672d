"""Lists of cases, what is due first on top: the stored `order` walked forward in narrow windows.

A window is a range of `order` under one facet of the cases (the anchor), so that no query reads or
sorts more than a few hundred cases, however many there are and however their due times bunch: one
slot of cases in 128 shows where the others lie. The rest of the question is asked after it. What
bears any of several facets is walked under each of them side by side.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from pymongo.collection import Collection

from services.contracts.vocabulary import CaseState, Channel
from services.rectify.document import CLOSED, PAUSED, RUNNING, Document, moment, pairs

AT_ONCE = 500
KEPT_S = 10
SAMPLE, LONGEST_SAMPLE = 0, 1000
WIDER, WIDEST = 4, 8
UNANCHORED = 2
FIRST_QUARTER = "case-4"
ROW = (
    "version source reference unit handler assignee level channel item window tags named"
    " contactable rating_day opened_at state closing round rung supervised difficulty submitted_at"
    " closed_at contact_due_at rectify_due_at due_at order"
).split()
Range = tuple[str, str]
Facets = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """Which cases to list, within what the asker sees; `after` is the `order` of the last one.

    Whoever sees every unit has no `scope`: to look for hundreds of units in each case takes longer
    than to read it.

    `unit` is the rated one, `handler` the one that handles it; due from (included) to before.
    """

    scope: frozenset[str] | None
    state: CaseState | None = None
    unit: str | None = None
    handler: str | None = None
    assignee: str | None = None
    item: str | None = None
    tag: str | None = None
    channel: Channel | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    after: str | None = None
    limit: int = 50

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges of `order` (without the first, with the last) that hold the answer, in order:
        running, then paused, then closed cases.
        """
        timed = self.due_from or self.due_before
        running = [] if self.state is CaseState.CLOSED else [self._due(RUNNING), self._due(PAUSED)]
        closed = [_whole(CLOSED)] if self.state in {None, CaseState.CLOSED} and not timed else []
        left = ((max(low, self.after or ""), high) for low, high in running + closed)
        return tuple((low, high) for low, high in left if low < high)

    def _due(self, prefix: str) -> Range:
        low, high = _whole(prefix)
        return (
            prefix + moment(self.due_from) if self.due_from else low,
            prefix + moment(self.due_before) if self.due_before else high,
        )

    @property
    def anchors(self) -> tuple[Facets, ...]:
        """What the cases must bear, one of each: the walk goes under one of these."""
        broad = {"state": self.state, "channel": self.channel, "tag": self.tag}
        narrow = {"unit": self.unit, "item": self.item, "assignee": self.assignee}
        asked = [f"{name}={value}" for name, value in broad.items() if value]
        named = [f"{name}={value}" for name, value in narrow.items() if value]
        within = [self.handler] if self.handler else sorted(self.scope or ())
        own = [tuple(f"{unit}/{facet}" for unit in within) for facet in (*asked, "") if within]
        return (*((facet,) for facet in (*named, *asked, *pairs(asked))), *own)

    @property
    def rest(self) -> Document:
        """What else must hold."""
        wanted: dict[str, Any] = {
            "assignee": self.assignee,
            "item": self.item,
            "unit": self.unit,
            "handler": self.handler,
            "state": self.state and self.state.value,
            "tags": self.tag,
            "channel": self.channel and self.channel.value,
            "seen_from": None if self.scope is None else {"$in": sorted(self.scope)},
        }
        return {name: value for name, value in wanted.items() if value}


@dataclass
class Pace:
    """How many windows to read at once, by what the windows before have held."""

    windows: int = 0
    found: int = 0
    last: int = 1

    def stride(self, left: int) -> int:
        """So many that what is left may be found in them, but not many more than before."""
        if self.windows:
            wanted = min(left, AT_ONCE) * self.windows // (self.found + 1)
            self.last = max(1, min(wanted, self.last * WIDER, WIDEST))
        return self.last

    def note(self, windows: int, found: int) -> None:
        """So many windows held so many cases."""
        self.windows += windows
        self.found += found


class Listing:
    """Reads lists from the collection of cases."""

    def __init__(self, cases: Collection[Document]) -> None:
        self._cases = cases

    def rows(self, query: Query) -> Iterator[Document]:
        """At most `limit` cases in order, read as they are asked for."""
        left, pace = query.limit, Pace()
        for low, high in query.ranges if left else ():
            anchor, cuts = self._plan(query, low, high)
            at, bounds = low, [*cuts, high]
            while bounds:
                step, most = min(pace.stride(left), len(bounds)), min(left, AT_ONCE)
                found = self._window(query, anchor, (at, bounds[step - 1]), most)
                yield from found
                left -= len(found)
                if not left:
                    return
                if len(found) == most:
                    at = found[-1]["order"]
                else:
                    at, bounds = bounds[step - 1], bounds[step:]
                    pace.note(step, len(found))

    def _plan(self, query: Query, low: str, high: str) -> tuple[Facets, list[str]]:
        """The anchor that leaves the least to read, and where to cut the range so that about 128
        cases lie between two cuts. An anchor of several facets costs a query for each.

        Closed cases come in the order of their ids, which are spread evenly: it is enough to know
        how many there are.
        """
        closed = low.startswith(CLOSED)
        sample = _sample(self._cases, low[: len(CLOSED)], int(time.monotonic() / KEPT_S))
        if not closed:
            sample = tuple(each for each in sample if low < each["order"] < high)
        borne: dict[Facets, Sequence[Document]] = {
            facets: [each for each in sample if not each["facets"].isdisjoint(facets)]
            for facets in query.anchors
        }
        borne[()] = sample
        anchor, fewest = min(
            borne.items(), key=lambda each: len(each[1]) + (len(each[0]) or UNANCHORED)
        )
        if not closed:
            return anchor, [each["order"] for each in fewest]
        parts = 4 * len(fewest)
        cuts = (f"{CLOSED}case-{16**4 * part // parts:04x}" for part in range(1, parts))
        return anchor, [cut for cut in cuts if cut > low]

    def _window(self, query: Query, anchor: Facets, between: Range, most: int) -> list[Document]:
        """The first cases between two places, under each facet of the anchor side by side."""
        parts = [{"facets": facet} for facet in anchor] or [{}]
        found = [row for part in parts for row in self._read(query, part, between, most)]
        once = {row["_id"]: row for row in found}
        return sorted(once.values(), key=itemgetter("order"))[:most]

    def _read(self, query: Query, under: Document, between: Range, most: int) -> Iterable[Document]:
        low, high = between
        return self._cases.aggregate(
            [
                {"$match": {**under, "order": {"$gt": low, "$lte": high}}},
                {"$match": query.rest},
                {"$sort": {"order": 1}},
                {"$limit": most},
                {"$project": dict.fromkeys(ROW, 1)},
            ]
        )


@lru_cache(maxsize=16)
def _sample(cases: Collection[Document], prefix: str, _tick: int) -> tuple[Document, ...]:
    """One case in 128, with what may be an anchor; of closed ones, among the first quarter.

    It is kept until the next tick: an older one serves as well, since it only tells how far to
    read at once.
    """
    low, high = _whole(prefix)
    within = {"$gt": low, "$lt": f"{CLOSED}{FIRST_QUARTER}" if prefix == CLOSED else high}
    found = cases.find({"slot": SAMPLE, "order": within}, {"order": 1, "facets": 1}).sort("order")
    return tuple(
        {**each, "facets": frozenset(each["facets"])} for each in found.limit(LONGEST_SAMPLE)
    )


def _whole(prefix: str) -> Range:
    return prefix, chr(ord(prefix[0]) + 1)
