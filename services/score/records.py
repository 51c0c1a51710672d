"""The single ratings behind a number of a dashboard: nothing of the rater, no word of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Self

from services.adapters.mongo import AT_ONCE, Db, Document, by_ids
from services.contracts.rectification import case_id
from services.contracts.rules import Rules
from services.contracts.vocabulary import DISSATISFIED, Channel, Level
from services.errors import Invalid
from services.score.forms import Behind
from services.score.tally import COUNTING

View = dict[str, Any]
AT_A_TIME = 100
DAY = timedelta(days=1)
SHOWN = ("rating_id", "day", "pressed_at", "unit", "window", "channel", "level", "item", "tags")


class NotACursor(Invalid):
    """A cursor is what the page before gave as 'next'."""


def criteria(asked: Behind, rules: Rules) -> Document:
    """What a rating must be like to be counted in the number that is asked about."""
    channels = rules.channels.by_code
    counted = {code for code, rule in channels.items() if asked.channel or rule.in_levels}
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

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Raises NotACursor for what `written` has not written."""
        try:
            day, moment, key = cursor.split("|", 2)
            at = datetime.fromisoformat(moment).astimezone(UTC)
            return cls(date.fromisoformat(day), at, key)
        except (ValueError, OverflowError) as error:
            raise NotACursor from error

    @staticmethod
    def written(rating: Mapping[str, Any]) -> str:
        """The cursor that stands for a rating."""
        return f"{rating['day']}|{rating['pressed_at'].isoformat()}|{rating['_id']}"

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
        return {"items": items, "next": After.written(page[-1]) if more else None}

    def _after(self) -> Iterator[Document]:
        asked = self.asked
        after = After.read(asked.cursor) if asked.cursor else After(asked.last)
        if not asked.first <= after.day <= asked.last:
            raise NotACursor
        yield from filter(after.precedes, self._of(after.day, after.moment))
        for day in self._days(after.day - DAY):
            yield from self._of(day)

    def _days(self, newest: date) -> Iterator[date]:
        for ordinal in range(newest.toordinal(), self.asked.first.toordinal() - 1, -1):
            yield date.fromordinal(ordinal)

    def _of(self, day: date, until: datetime | None = None) -> Iterator[Document]:
        """Those of a day, the newest first, read as far as they are asked for."""
        wanted = {**self._index(f"{day}"), **criteria(self.asked, self.rules)}
        if until:
            wanted["pressed_at"] = {"$lte": until}
        found = self.db["ratings"].find(wanted, dict.fromkeys(SHOWN, 1)).sort("pressed_at", -1)
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
        return {name: rating.get(name) for name in SHOWN} | {"pressed_at": moment}

    def _cases(self, page: list[Document]) -> dict[str, str]:
        """By key of a bad rating, its case."""
        ids = {case_id(each["_id"]): each["_id"] for each in page if self._is_bad(each)}
        return {ids[each["_id"]]: each["_id"] for each in by_ids(self.db["cases"], ids, {"_id": 1})}

    def _is_bad(self, rating: Mapping[str, Any]) -> bool:
        return self.rules.is_bad(rating["level"])
