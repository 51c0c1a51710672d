"""The register of who looked at raters: every grant to see one, every look-up of a number.

What binds is the line in the case's history; this register is what supervisors count by.

`grants`, one document each: kind (`reveal`, `lookup`), by, at and its local day, units (those that
see the case; of a look-up the asker's), cases, reason, until (wall clock), looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db, Index, Indexes

GRANTS = "grants"
INDEXES: Indexes = {GRANTS: (Index(("day",)),)}
MOST_SHOWN = 500
Kind = Literal["reveal", "lookup"]


class Grant(BaseModel):
    """Somebody may look, or looked, at something; `until` is by the wall clock."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    id: str = Field(alias="_id")
    kind: Kind
    by: str
    at: AwareDatetime
    day: str
    units: tuple[str, ...]
    cases: tuple[str, ...]
    reason: str | None = None
    until: AwareDatetime | None = None
    looks: int = 0


class Looks(BaseModel):
    """How often one person looked at raters or looked numbers up, within a period."""

    by: str
    reveals: int
    lookups: int


class Grants:
    """The register, added to and never changed but for the number of looks."""

    def __init__(self, db: Db) -> None:
        self._grants = db[GRANTS]

    def look(self, grant: Grant) -> Grant:
        """Keep a grant unless it is there, and count a look under it; the grant as it is kept."""
        with suppress(DuplicateKeyError):
            self._grants.insert_one(grant.model_dump(by_alias=True))
        self._grants.update_one({"_id": grant.id}, {"$inc": {"looks": 1}})
        return Grant.model_validate(self._grants.find_one({"_id": grant.id}))

    def of(self, first: date, last: date, units: Iterable[str]) -> list[Grant]:
        """The grants of these days about these units, the newest first."""
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        found = self._grants.find({"day": days, "units": {"$in": sorted(units)}})
        grants = [Grant.model_validate(each) for each in found]
        return sorted(grants, key=lambda each: (each.at, each.id), reverse=True)


def counted(grants: Iterable[Grant]) -> dict[str, Any]:
    """The figures of a period: how often raters were looked at, in how many cases."""
    grants = list(grants)
    reveals = [each for each in grants if each.kind == "reveal"]
    return {
        "reveals": len(reveals),
        "cases_revealed": len({id for each in reveals for id in each.cases}),
        "lookups": len(grants) - len(reveals),
    }


def by_person(grants: Iterable[Grant]) -> list[Looks]:
    """How often each person looked, whoever did most first."""
    grants = list(grants)
    kinds = Counter((each.by, each.kind) for each in grants)
    people = {each.by for each in grants}
    looks = [
        Looks(by=id, reveals=kinds[id, "reveal"], lookups=kinds[id, "lookup"]) for id in people
    ]
    return sorted(looks, key=lambda each: (-each.reveals - each.lookups, each.by))
