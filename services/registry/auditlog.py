"""Every query on the audit for who reads or examines it; services write it through the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.adapters.ledger import AUDIT, ENDS
from services.adapters.mongo import Db, Document
from services.contracts.anchors import Head
from services.contracts.audit import Entry, Outcome, name_of
from services.contracts.ledger import SEAL
from services.contracts.paging import CursorAt, cursor_at

MOST_LISTED = 500


class Filters(BaseModel):
    """What of the audit is wanted. `from` is inclusive, `to` is not; both are wall time."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    service: str | None = None
    actor: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    object: str | None = None
    trace: str | None = None
    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None

    def query(self, units: Set[str] | None) -> Document:
        """For somebody who may read of these units; None: of everything."""
        named = ("service", "actor", "action", "outcome", "object", "trace")
        exact = {name: value for name in named if (value := getattr(self, name)) is not None}
        within = {"$gte": self.since, "$lt": self.until}
        between = {name: at for name, at in within.items() if at is not None}
        seen = {"units": {"$in": sorted(units)}} if units is not None else {}
        return {**exact, **seen, **({"at": between} if between else {})}


class Asked(Filters):
    """The query string of `GET /v1/audit`."""

    cursor: CursorAt | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100


class AuditLog:
    """The entries of all services, and where their chains end."""

    def __init__(self, db: Db) -> None:
        self._entries, self._ends = db[AUDIT], db[ENDS]

    def page(self, asked: Asked, units: Set[str] | None) -> tuple[list[Entry], str | None]:
        """Entries, the newest first, and the cursor of the next page if there may be one."""
        query = asked.query(units)
        if asked.cursor:
            at, name = asked.cursor
            older = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": name}}]}
            query = {"$and": [query, {"at": {"$lte": at}}, older]}
        newest = self._entries.find(query).sort([("at", -1), ("_id", -1)])
        found = list(newest.limit(asked.limit))
        full = len(found) == asked.limit
        after = cursor_at(found[-1]["at"], found[-1]["_id"]) if full else None
        return [Entry.model_validate(each) for each in found], after

    def between(self, asked: Filters, units: Set[str] | None) -> Iterator[Entry]:
        """Every entry, the oldest first."""
        found = self._entries.find(asked.query(units)).sort([("at", 1), ("_id", 1)])
        return (Entry.model_validate(each) for each in found)

    def after(self, part: str, number: int, limit: int) -> Sequence[Document]:
        """The next entries of a part, as they are kept."""
        within = {"_id": {"$gt": name_of(part, number), "$lt": f"{part};"}}
        return list(islice(self._entries.find(within).sort("_id", 1).limit(limit), limit))

    def seal(self, part: str, number: int) -> str | None:
        """The seal of an entry; None when it is not kept."""
        return self.seals(part, [number]).get(number)

    def seals(self, part: str, numbers: Iterable[int]) -> dict[int, str]:
        """The seals of these entries, of those that are kept."""
        wanted = [name_of(part, number) for number in numbers]
        found = self._entries.find({"_id": {"$in": wanted}}, {"number": 1, SEAL: 1})
        return {each["number"]: each[SEAL] for each in found}

    def end(self, part: str) -> Document | None:
        """What is kept about where a part ends."""
        return self._ends.find_one({"_id": part})

    def head(self, part: str) -> Head | None:
        """The last entry of a part; None before the first."""
        within = {"_id": {"$gt": f"{part}:", "$lt": f"{part};"}}
        found = list(self._entries.find(within).sort("_id", -1).limit(1))
        return Head(id=part, version=found[0]["number"], seal=found[0][SEAL]) if found else None
