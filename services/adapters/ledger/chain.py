"""The chain of one part of the audit as it is kept: added to, never changed, by any replica."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from services.adapters.mongo import Db, Document, Index, Indexes, taken
from services.contracts.audit import end, is_end, numbered
from services.contracts.auditing import Place
from services.contracts.ledger import SEAL

AUDIT, ENDS = "audit", "audit_ends"
AUDIT_INDEXES: Indexes = {
    AUDIT: (Index(("at",)), Index(("actor", "at")), Index(("object", "at"), sparse=True))
}


class AuditChain:
    """Appends to a part. Every entry has an `id` of its own, by which it is known again."""

    def __init__(self, db: Db, key: bytes, part: str) -> None:
        self._entries, self._ends = db[AUDIT], db[ENDS]
        self._key, self._part = key, part
        self._last: Place | None = None

    def append(self, entries: Sequence[Document]) -> None:
        """Keep the entries in their order, each once, however often this is called after an error.

        A number that another replica was faster to take is left to it: the entry gets the next.
        Raises PyMongoError; entries may then be kept or not, so the same have to be given again.
        """
        left = list(entries)
        while left:
            last = self._last or self._end_of_chain()
            documents = numbered(self._key, self._part, last.number, last.seal, left)
            self._last = last
            kept = self._insert(documents)
            if kept:
                self._last = _place(documents[kept - 1])
            left = left[kept:]
            if left:
                left = self._after_conflict(documents[kept], left)
        self._note_end()

    def _insert(self, documents: list[Document]) -> int:
        """How many were kept before one whose number was taken."""
        try:
            self._entries.insert_many(documents)
        except BulkWriteError as error:
            return taken(error)[0]
        return len(documents)

    def _after_conflict(self, document: Document, left: list[Document]) -> list[Document]:
        """What is still to be kept, once it is known whose entry has the number."""
        found = self._entries.find_one({"_id": document["_id"]}) or {}
        if found.get("id") == document["id"]:
            self._last = _place(found)
            return left[1:]
        self._last = None
        return left

    def _end_of_chain(self) -> Place:
        """Where the part ends. If entries at its end are gone, it goes on after their numbers."""
        within = {"$gt": f"{self._part}:", "$lt": f"{self._part};"}
        found = list(self._entries.find({"_id": within}).sort("_id", -1).limit(1))
        last = _place(found[0]) if found else Place()
        kept = self._ends.find_one({"_id": self._part})
        if kept and is_end(self._key, kept) and kept["number"] > last.number:
            return Place(kept["number"], kept[SEAL])
        return last

    def _note_end(self) -> None:
        """The entries are kept already: if this fails, the next entry says where the end is."""
        if self._last is None:
            return
        made = end(self._key, self._part, self._last.number, self._last.seal)
        older = {"_id": self._part, "number": {"$lt": self._last.number}}
        with suppress(DuplicateKeyError, PyMongoError):
            self._ends.replace_one(older, made, upsert=True)


def _place(document: Document) -> Place:
    return Place(document["number"], document[SEAL])
