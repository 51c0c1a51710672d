"""What older versions stored otherwise, and how it is brought up to date."""

from __future__ import annotations

from services.adapters.migrating import BEGINNING, Migration
from services.adapters.mongo import AT_ONCE, Db, Document, by_ids
from services.contracts.vocabulary import DISSATISFIED

LOOKED_AT = {"day": 1, "level": 1, "dissatisfied_day": 1}


def dissatisfied_days(db: Db, place: str) -> str | None:
    """Dissatisfied ratings without the day by which they are listed (since 2026-11-27).

    They are found by their cases, which are few, and not among all ratings.
    """
    after = {"_id": {"$gt": place}} if place != BEGINNING else {}
    cases = list(db["cases"].find(after, {"rating_key": 1}).sort("_id", 1).limit(AT_ONCE))
    keys = [each["rating_key"] for each in cases if each["rating_key"]]
    for rating in filter(_lacks_day, by_ids(db["ratings"], keys, LOOKED_AT)):
        lacking = {"_id": rating["_id"], "dissatisfied_day": None}
        db["ratings"].update_one(lacking, {"$set": {"dissatisfied_day": rating["day"]}})
    return cases[-1]["_id"] if len(cases) == AT_ONCE else None


def _lacks_day(rating: Document) -> bool:
    """Most do not: what was stored since has it, and asking costs less than a useless update."""
    return rating["level"] in DISSATISFIED and rating.get("dissatisfied_day") is None


MIGRATIONS = (Migration("2026-11-27 dissatisfied days", dissatisfied_days),)
