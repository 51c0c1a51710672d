"""Anchors of a ledger as they are kept: added, never changed, by any number of replicas.

`anchors`: one document for what was new in a part of the ledger; `anchor_days`: one for a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date

from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db, Document
from services.contracts.anchors import Head, Summary, Top, anchor, latest, summary
from services.errors import NotFound

AT_ONCE = 1000


class Anchors:
    """The anchors of one ledger, whose `key` is kept outside the database."""

    def __init__(self, db: Db, key: bytes, ledger: str) -> None:
        self._anchors, self._days = db["anchors"], db["anchor_days"]
        self._key, self._ledger = key, ledger

    def of(self, part: str) -> list[Document]:
        """The anchors of a part, in order."""
        name = f"{self._ledger}/{part}"
        within = {"$gt": f"{name}:", "$lt": f"{name};"}
        return list(self._anchors.find({"_id": within}, {"_id": 0}).sort("_id"))

    def add(self, part: str, heads: Iterable[Head], day: date) -> Top | None:
        """Anchor the heads that are new since the last time; the part's last anchor after it.

        Of two replicas that add at once one does; the other's heads are anchored the next day.
        """
        before = self.of(part)
        known = {head.id: (head.version, head.seal) for head in latest(before).values()}
        new = [head for head in heads if known.get(head.id) != (head.version, head.seal)]
        for start in range(0, len(new), AT_ONCE):
            self._keep(part, anchor(self._key, before, new[start : start + AT_ONCE], day))
            before = self.of(part)
        last = before[-1] if before else None
        return Top(part=part, number=last["number"], seal=last["seal"]) if last else None

    def _keep(self, part: str, made: Document) -> None:
        with suppress(DuplicateKeyError):
            id = f"{self._ledger}/{part}:{made['number']:08}"
            self._anchors.insert_one({"_id": id, **made})

    def end(self, day: date, tops: Sequence[Top]) -> Summary:
        """Sum a day up; the first summary of a day stays."""
        made = summary(self._key, self._ledger, day, tops)
        with suppress(DuplicateKeyError):
            self._days.insert_one({"_id": self._day(day), **made.model_dump(mode="json")})
        return made

    def has_ended(self, day: date) -> bool:
        """Whether the day was summed up."""
        return self._days.find_one({"_id": self._day(day)}, {"_id": 1}) is not None

    def last(self) -> Summary | None:
        """The newest summary."""
        within = {"$gt": f"{self._ledger}:", "$lt": f"{self._ledger};"}
        found = list(self._days.find({"_id": within}).sort("_id", -1).limit(1))
        return Summary.model_validate(found[0]) if found else None

    def newest(self) -> Summary:
        """The newest summary. Raises NotFound before the first."""
        if (found := self.last()) is None:
            raise NotFound("Nothing was anchored yet; that is done a minute after the first start")
        return found

    def _day(self, day: date) -> str:
        return f"{self._ledger}:{day.isoformat()}"
