"""What older versions stored otherwise, and how it is brought up to date."""

from __future__ import annotations

from services.adapters.migrating import BEGINNING, Migration
from services.adapters.mongo import AT_ONCE, Db, by_ids
from services.contracts.vocabulary import DISSATISFIED

LACKS = {"level": {"$in": [int(level) for level in sorted(DISSATISFIED)]}, "dissatisfied_day": None}


def dissatisfied_days(db: Db, place: str) -> str | None:
    """Dissatisfied ratings without the day by which they are listed (since 2026-11-27).

    They are found by their cases, which are few, and not among all ratings.
    """
    after = {"_id": {"$gt": place}} if place != BEGINNING else {}
    cases = list(db["cases"].find(after, {"rating_key": 1}).sort("_id", 1).limit(AT_ONCE))
    keys = [each["rating_key"] for each in cases if each["rating_key"]]
    for rating in by_ids(db["ratings"], keys, {"day": 1}):
        lacking = {"_id": rating["_id"], **LACKS}
        db["ratings"].update_one(lacking, {"$set": {"dissatisfied_day": rating["day"]}})
    return cases[-1]["_id"] if len(cases) == AT_ONCE else None


MIGRATIONS = (Migration("2026-11-27 dissatisfied days", dissatisfied_days),)
