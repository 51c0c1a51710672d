"""The repository of errands that were reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from pymongo import UpdateOne

from services.adapters.mongo import Db, Document, by_ids
from services.store.belonging import Errand
from services.store.repository import insert_new

KNOWN = dict.fromkeys(Errand._fields, 1)


class Errands:
    """The errands that were reported. The first report of each stays as it was, but for the rating
    that was given about it: of that one learns later.
    """

    def __init__(self, db: Db) -> None:
        self._errands = db["errands"]

    def insert(self, documents: Sequence[Document]) -> list[Errand]:
        """Insert what is new; each errand as it stands then."""
        taken = set(insert_new(self._errands, documents))
        self._point([documents[n] for n in taken])
        new = (each for n, each in enumerate(documents) if n not in taken)
        before = by_ids(self._errands, {documents[n]["_id"] for n in taken}, KNOWN)
        standing = {each["_id"]: Errand.of(each) for each in chain(new, before)}
        return list(standing.values())

    def _point(self, again: Iterable[Document]) -> None:
        """Note the rating in errands that were reported before there was one."""
        pointing = [
            UpdateOne(
                {"_id": each["_id"], "rated_as": None}, {"$set": {"rated_as": each["rated_as"]}}
            )
            for each in again
            if each["rated_as"]
        ]
        if pointing:
            self._errands.bulk_write(pointing, ordered=False)

    def known(self, keys: Iterable[str]) -> dict[str, Errand]:
        """By key, those that were reported."""
        return {each["_id"]: Errand.of(each) for each in by_ids(self._errands, keys, KNOWN)}
