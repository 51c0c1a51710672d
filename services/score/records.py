"""The single ratings behind a number of a dashboard: nothing of the rater, no word of theirs.

Of an anonymous one the time of day is personal too (design, decision 16), so it has its day only,
and on its page it stands behind those whose moment is shown, in no order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from services.adapters.mongo import AT_ONCE, Db, Document, by_ids
from services.contracts.rules import Rules
from services.contracts.vocabulary import DISSATISFIED, Channel, Level
from services.errors import Invalid
from services.score.forms import Behind
from services.score.tally import COUNTING

View = dict[str, Any]
AT_A_TIME = 100
DAY = timedelta(days=1)
SHOWN = ("rating_id", "day", "pressed_at", "unit", "window", "channel", "level", "item", "tags")
READ = dict.fromkeys((*SHOWN, "named"), 1)


class NotACursor(Invalid):
    """A cursor is what the page before gave as 'next'."""


def criteria(asked: Behind, rules: Rules) -> Document:
    """What a rating must be like to be counted in the number that is asked about.

    Levels are counted over the channels in which one chooses; a channel and a tag over all of them.
    """
    channels, all_of_them = rules.channels.by_code, asked.channel or asked.tag
    counted = {code for code, rule in channels.items() if all_of_them or rule.in_levels}
    if asked.channel:
        parts = {code for code, rule in channels.items() if rule.parent == asked.channel}
        counted &= {Channel(asked.channel)} | parts
    levels = _levels(asked, rules)
    return {
        **COUNTING,
        "channel": {"$in": sorted(code.value for code in counted)},
        **({"level": {"$in": sorted(map(int, levels))}} if levels else {}),
        **({"tags": asked.tag} if asked.tag else {}),
    }


def _levels(asked: Behind, rules: Rules) -> frozenset[Level]:
    """Those that are asked for, by themselves or by a tag, which belongs to a level; else none."""
    if asked.level:
        return frozenset({asked.level})
    if asked.bad:
        return rules.levels.bad
    return frozenset({rules.tags[asked.tag].level} if asked.tag in rules.tags else ())


@dataclass(frozen=True)
class After:
    """The last record of a page; those that follow were pressed before it, or on days before."""

    day: date
    moment: datetime | None = None
    key: str = ""

    def precedes(self, rating: Mapping[str, Any]) -> bool:
        """Whether a rating of its day is on a later page."""
        at = (rating["pressed_at"], rating["_id"])
        return self.moment is None or at < (self.moment, self.key)


@dataclass(frozen=True)
class Records:
    """Ratings by day and moment, a page at a time; of some `units`, or of all."""

    db: Db
    asked: Behind
    rules: Rules
    units: frozenset[str] | None

    def page(self) -> View:
        """The records after the cursor, the newest first, and the cursor of those that follow."""
        found = list(islice(self._after(), AT_A_TIME + 1))
        page, more = found[:AT_A_TIME], found[AT_A_TIME:]
        cases = self._cases(page)
        items = [{**self._shown(each), "case": cases.get(each["_id"])} for each in page]
        next = page[-1]["rating_id"] if more else None
        return {"items": sorted(items, key=_place, reverse=True), "next": next}

    def _after(self) -> Iterator[Document]:
        asked = self.asked
        after = self._read(asked.cursor) if asked.cursor else After(asked.last)
        if not asked.first <= after.day <= asked.last:
            raise NotACursor
        yield from filter(after.precedes, self._of(after.day, after.moment))
        for day in self._days(after.day - DAY):
            yield from self._of(day)

    def _read(self, rating_id: str) -> After:
        """The record that a page ended with, which the cursor names; its key names an errand."""
        known = {"day": 1, "pressed_at": 1}
        found = self.db["ratings"].find_one({"rating_id": rating_id}, known)
        if found is None:
            raise NotACursor
        return After(date.fromisoformat(found["day"]), found["pressed_at"], found["_id"])

    def _days(self, newest: date) -> Iterator[date]:
        for ordinal in range(newest.toordinal(), self.asked.first.toordinal() - 1, -1):
            yield date.fromordinal(ordinal)

    def _of(self, day: date, until: datetime | None = None) -> Iterator[Document]:
        """Those of a day, the newest first, read as far as they are asked for."""
        wanted = {**self._index(f"{day}"), **criteria(self.asked, self.rules)}
        if until:
            wanted["pressed_at"] = {"$lte": until}
        found = self.db["ratings"].find(wanted, READ).sort("pressed_at", -1)
        ours = (each for each in found if self.units is None or each["unit"] in self.units)
        for _, together in groupby(ours, itemgetter("pressed_at")):
            yield from sorted(together, key=itemgetter("_id"), reverse=True)

    def _index(self, day: str) -> Document:
        """What narrows most: that they are dissatisfied, or units few enough to be named."""
        levels = _levels(self.asked, self.rules)
        if levels and levels <= DISSATISFIED:
            return {"dissatisfied_day": day}
        if self.units is None or len(self.units) > AT_ONCE:
            return {"day": day}
        return {"day": day, "unit": {"$in": sorted(self.units)}}

    def _shown(self, rating: Mapping[str, Any]) -> View:
        moment = rating["pressed_at"].astimezone(self.rules.region.zone).isoformat()
        shown = {name: rating.get(name) for name in SHOWN}
        return shown | {"pressed_at": moment if rating.get("named") else None}

    def _cases(self, page: list[Document]) -> dict[str, str]:
        """By key of a bad rating, its case."""
        keys = [each["_id"] for each in page if self._is_bad(each)]
        found = by_ids(self.db["cases"], keys, {"rating_key": 1}, "rating_key")
        return {each["rating_key"]: each["_id"] for each in found}

    def _is_bad(self, rating: Mapping[str, Any]) -> bool:
        return self.rules.is_bad(rating["level"])


def _place(record: View) -> tuple[str, str, str]:
    """Where a record stands on its page, the last first."""
    return record["day"], record["pressed_at"] or "", record["rating_id"]
