"""Putting a copy into an empty database, and asking again for what was on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from services.adapters.mongo import Db, Document
from services.console.backup.copying import Copy, Tell
from services.contracts.events import BadRatingStored
from services.contracts.outbox import entry
from services.contracts.rules import Rules
from services.errors import HaopingError
from services.store.linking import buckets, opens_case

AT_ONCE = 500
READ = {"sealed": 0}


def restored(copy: Copy, db: Db, tell: Tell) -> None:
    """Put every document where it was. Raises HaopingError unless the database is empty."""
    if there := [n for n in db.list_collection_names() if not n.startswith("system.")]:
        raise HaopingError(
            f"The database {db.name} is not empty (it has {', '.join(sorted(there)[:3])} …): "
            "restore into a new one, and let the services use that"
        )
    for part in copy.parts:
        _put(copy, part, db)
        found = db[part.name].count_documents({})
        if found != part.count:
            raise HaopingError(f"{part.name}: {part.count} were copied, {found} are there now")
        tell(part.name, found)


def _put(copy: Copy, part: Any, db: Db) -> None:
    waiting = copy.documents(part)
    while some := list(islice(waiting, AT_ONCE)):
        db[part.name].insert_many(some, ordered=False)


def asked_again(db: Db, rules: Rules, now: datetime) -> int:
    """Let what was on its way while the copy was taken follow now; how many cases are asked for.

    Everything may follow a second time: whoever hears of it knows what was done before. All tallies
    are counted anew.
    """
    touched, without = set[Any](), 0
    cased = {each["rating_key"] for each in db["cases"].find({}, {"rating_key": 1})}
    for rating in db["ratings"].find({}, READ):
        touched |= set(buckets(rating))
        if opens_case(rating, rules) and not (rating["_id"] in cased or _is_under_way(db, rating)):
            without += _ask_for_case(db, rating)
    for some in _parts(sorted(touched)):
        db["touched"].insert_one({"_id": f"{uuid4()}", "buckets": some, "at": now})
    return without


def _is_under_way(db: Db, rating: Document) -> bool:
    """Whether its case is asked for already, or a reason known why there is none."""
    if rating.get("outbox"):
        return True
    return db["unopened"].find_one(rating["_id"], {"_id": 1}) is not None


def _ask_for_case(db: Db, rating: Document) -> bool:
    event = BadRatingStored.model_validate({**rating, "rating_key": rating["_id"]})
    again = entry(rating["_id"], rating["version"], 0, event)
    pushed = {"$push": {"outbox": again}}
    return db["ratings"].update_one({"_id": rating["_id"]}, pushed).modified_count == 1


def _parts(places: list[Any]) -> Iterator[list[list[str]]]:
    for start in range(0, len(places), AT_ONCE):
        yield [list(place) for place in places[start : start + AT_ONCE]]
