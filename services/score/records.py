"""The single ratings behind a number of a dashboard: nothing of the rater, no word of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from services.adapters.mongo import AT_ONCE, Db, Document
from services.contracts.period import a_day
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel
from services.errors import Invalid
from services.score.forms import Behind
from services.score.tally import COUNTING

View = dict[str, Any]
AT_A_TIME = 100
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
    levels = {asked.level} if asked.level else set(rules.levels.bad) if asked.bad else None
    return {
        **COUNTING,
        "channel": {"$in": sorted(code.value for code in counted)},
        **({"level": {"$in": sorted(map(int, levels))}} if levels else {}),
        **({"tags": asked.tag} if asked.tag else {}),
    }


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
        return {"items": items, "next": f"{page[-1]['day']}|{page[-1]['_id']}" if more else None}

    def _after(self) -> Iterator[Document]:
        day, _, last = (self.asked.cursor or f"{self.asked.last}|").partition("|")
        beyond = not last
        for of in self._days(a_day(day)):
            for each in self._of(of):
                if beyond:
                    yield each
                beyond = beyond or each["_id"] == last
        if not beyond:
            raise NotACursor

    def _days(self, newest: date) -> Iterator[date]:
        for ordinal in range(newest.toordinal(), self.asked.first.toordinal() - 1, -1):
            yield date.fromordinal(ordinal)

    def _of(self, day: date) -> Iterator[Document]:
        wanted = {"day": f"{day}", **criteria(self.asked, self.rules), **self._some()}
        found = self.db["ratings"].find(wanted, dict.fromkeys(SHOWN, 1))
        ours = (each for each in found if self.units is None or each["unit"] in self.units)
        return iter(sorted(ours, key=lambda each: (each["pressed_at"], each["_id"]), reverse=True))

    def _some(self) -> Document:
        """Only these units, if they are few enough to be named."""
        if self.units is None or len(self.units) > AT_ONCE:
            return {}
        return {"unit": {"$in": sorted(self.units)}}

    def _shown(self, rating: Mapping[str, Any]) -> View:
        moment = rating["pressed_at"].astimezone(self.rules.region.zone).isoformat()
        return {name: rating.get(name) for name in SHOWN} | {"pressed_at": moment}

    def _cases(self, page: list[Document]) -> dict[str, str]:
        """By key of a bad rating, its case."""
        bad = [each for each in page if self.rules.is_bad(each["level"])]
        found: dict[str, str] = {}
        for month in {each["day"][:7] for each in bad}:
            of_month = [each for each in bad if each["day"].startswith(month)]
            wanted = {
                "rating_month": month,
                "unit": {"$in": sorted({each["unit"] for each in of_month})},
                "rating_key": {"$in": [each["_id"] for each in of_month]},
            }
            cases = self.db["cases"].find(wanted, {"rating_key": 1})
            found |= {each["rating_key"]: each["_id"] for each in cases}
        return found
