"""What happened in a period: every query of score on collections that other services own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from heapq import merge
from itertools import chain, islice
from operator import itemgetter

from services.adapters.breathing import breathing
from services.adapters.devices import COLLECTION, HEARTBEATS
from services.adapters.mongo import AT_ONCE, Db, Document, by_days, by_ids
from services.adapters.remembered import Remember, forgetful
from services.contracts.period import Period, days_between
from services.contracts.time_to_rate import TimeToRateEnds
from services.contracts.verdict import READ, CaseAtCutOff
from services.contracts.vocabulary import CaseSource
from services.score.evidence import as_linked
from services.score.facts import UnitFacts
from services.score.imports import Imported, Place
from services.score.kept import Kept
from services.score.late import Late
from services.score.repository import KIND, Tallies
from services.score.sums import Sums, SumsOfDays, summed

UNDECIDED = ["open", "replaying"]
"""States of a quarantine row that may still become a rating."""
RATING = (*KIND, "stored_at", "received_at", "decisions", "links", "errand")
ERRAND = tuple("unit window day stage reached_at promised_by rated_as stored_at".split())

Behind = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""By unit, the keys of its bad and of its invalid first ratings."""


class Happenings:
    """What happened in a period, by unit, read from tallies, imports and cases."""

    def __init__(self, db: Db, remember: Remember = forgetful) -> None:
        self._db, self._tallies, self._sums = db, Tallies(db), SumsOfDays(db, remember)

    def facts(
        self,
        period: Period,
        cut_off: datetime,
        ends: TimeToRateEnds,
        imports: Mapping[Place, Imported] | None = None,
        read: Iterable[Kept] | None = None,
    ) -> dict[str, UnitFacts]:
        """The facts of every unit at `cut_off`, without the keys of single ratings.

        `read` are the buckets of the period, where they have been read already; otherwise only
        what has changed is read, as far as the rest is remembered.
        """
        cases, rows = self._cases_by_unit(period, cut_off), _by_unit((imports or {}).values())
        days, today = list(period.days), cut_off.date()
        parts = self._sums.over(days, today) if read is None else [summed(read)]
        units = cases.keys() | rows.keys() | {unit for part in parts for unit in part}
        return {
            unit: Sums.together([part[unit] for part in parts if unit in part]).at(
                ends, cut_off, cases.get(unit, ()), rows.get(unit, ())
            )
            for unit in breathing(sorted(units))
        }

    def buckets(self, period: Period, units: frozenset[str] | None = None) -> Iterator[Kept]:
        """The buckets of every day, of some units or of all."""
        return self._tallies.between(period.first, period.last, units)

    def _cases_by_unit(self, period: Period, cut_off: datetime) -> dict[str, list[CaseAtCutOff]]:
        cases: dict[str, list[CaseAtCutOff]] = {}
        for case in breathing(self._cases(period)):
            cases.setdefault(case["unit"], []).append(CaseAtCutOff.of(case, cut_off))
        return cases

    def _cases(self, period: Period) -> Iterator[Document]:
        read, source = dict.fromkeys((*READ, "unit"), 1), CaseSource.RATING.value
        return by_days(self._db["cases"], period.days, read, "rating_day", source=source)

    def behind(
        self, buckets: Iterable[Kept], units: frozenset[str] | None, bad: frozenset[int]
    ) -> Behind:
        """Keys of the bad and of the invalid first ratings, by unit: what explains a figure.

        A bucket that was checked knows them; of the others, those are read that hold any.
        """
        found: Behind = {}
        for kept in breathing(buckets):
            if units is None or kept.unit in units:
                told = kept if kept.tells(bad) else self._tallies.told(kept, bad)
                if told.bad or told.invalid:
                    bad_before, invalid_before = found.get(kept.unit, ((), ()))
                    found[kept.unit] = (bad_before + told.bad, invalid_before + told.invalid)
        return found

    def waiting(self) -> dict[str, int]:
        """How much is still on its way: what the closing checks ask of the database."""
        unsent = {"outbox.id": {"$exists": True}}
        return {
            "touched": self._db["touched"].count_documents({}),
            "outboxes": sum(
                self._db[name].count_documents(unsent) for name in ("ratings", "cases")
            ),
            "quarantine": self._db["quarantine"].count_documents({"state": {"$in": UNDECIDED}}),
        }

    def silent(self, ends: datetime) -> list[str]:
        """Devices that were enrolled and have not been heard of since the period ended.

        What they keep may belong to the period. One that says it still keeps presses is listed too.
        """
        enrolled = {each["_id"] for each in self._db[COLLECTION].find({"epoch": {"$gt": 0}}, {})}
        heard: dict[str, Document] = {}
        for beat in self._db[HEARTBEATS].find({}, {"device": 1, "seen_at": 1, "outbox_depth": 1}):
            if beat["seen_at"] >= heard.get(beat["device"], beat)["seen_at"]:
                heard[beat["device"]] = beat
        well = {
            device
            for device, beat in heard.items()
            if beat["seen_at"] >= ends and not beat.get("outbox_depth")
        }
        return sorted((enrolled | heard.keys()) - well)

    def ratings(
        self,
        day: date,
        units: frozenset[str],
        after: str = "",
        most: int = 0,
        *,
        left: bool = False,
    ) -> Iterator[Document]:
        """The ratings of these units on a day: every one, or so many after a key, in order.

        Where asked for, with those that have `left` them, joined to an errand of another unit.
        """
        places: list[Document] = [{"unit": {"$in": part}} for part in _parts(units)]
        if left:
            gone = {"unit": {"$nin": sorted(units)}}
            places += [{**gone, "links.before.unit": {"$in": part}} for part in _parts(units)]
        return self._on(day, places, "ratings", RATING, after, most)

    def rating_id(self, key: str) -> str:
        """The id of the rating under a key: unlike that it names no errand."""
        return str(
            (self._db["ratings"].find_one({"_id": key}, {"rating_id": 1}) or {})["rating_id"]
        )

    def rating_key(self, id: str) -> str | None:
        """The key of the rating with an id; None for one that is nobody's."""
        found = self._db["ratings"].find_one({"rating_id": id}, {"_id": 1})
        return str(found["_id"]) if found else None

    def to_export(self, day: date) -> Iterator[Document]:
        """Every rating of a day with what others are told of it; what is sealed stays here."""
        yield from self._db["ratings"].find({"day": f"{day}"}, {"sealed": 0, "outbox": 0})

    def errands(
        self, day: date, units: frozenset[str], after: str = "", most: int = 0
    ) -> Iterator[Document]:
        """The errands of these units that reached a stage on a day, as many and in that order."""
        places = [{"unit": {"$in": part}} for part in _parts(units)]
        return self._on(day, places, "errands", ERRAND, after, most)

    def _on(
        self,
        day: date,
        places: Iterable[Document],
        name: str,
        fields: Iterable[str],
        after: str,
        most: int,
    ) -> Iterator[Document]:
        some = {"day": f"{day}", **({"_id": {"$gt": after}} if after else {})}
        read = dict.fromkeys(fields, 1)
        found = (self._db[name].find({**some, **place}, read) for place in places)
        if not most:
            return chain.from_iterable(found)
        ordered = (each.sort("_id").limit(most) for each in found)
        return islice(merge(*ordered, key=itemgetter("_id")), most)

    def rated_under(self, keys: Iterable[str]) -> dict[str, Document]:
        """By key, those under which a rating stands, with when it came and to which errand."""
        read = dict.fromkeys(("stored_at", "received_at", "errand"), 1)
        return {each["_id"]: each for each in by_ids(self._db["ratings"], keys, read)}

    def received_after(self, moment: datetime, first: date, last: date) -> list[Late]:
        """Ratings of these days, both inside, that came in after `moment`."""
        days, read = days_between(first, last), dict.fromkeys(RATING, 1)
        late = by_days(self._db["ratings"], days, read, received_at={"$gt": moment})
        return sorted(map(Late.of, late), key=lambda each: (each.received_at, each.key))

    def joined_after(self, moment: datetime, period: Period) -> list[tuple[str, str]]:
        """The unit at `moment` and the unit now of each rating that was joined to an errand since.

        Of the ratings of the period that were stored by then.
        """
        read, since = dict.fromkeys(RATING, 1), {"$gt": moment}
        found = by_days(self._db["ratings"], period.days, read, "day", **{"links.at": since})
        known = (each for each in found if each.get("stored_at", moment) <= moment)
        return [(as_linked(each, moment)["unit"], each["unit"]) for each in known]


def _parts(units: frozenset[str]) -> Iterator[list[str]]:
    """As many at once as one question may name."""
    wanted = sorted(units)
    return (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))


def _by_unit(rows: Iterable[Imported]) -> dict[str, list[Imported]]:
    found: dict[str, list[Imported]] = {}
    for row in rows:
        found.setdefault(row.unit, []).append(row)
    return found
