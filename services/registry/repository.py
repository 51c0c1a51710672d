"""Every query of the registry: the version in force, and each one that was before it."""

from __future__ import annotations

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db
from services.adapters.registry import COLLECTION, CURRENT
from services.contracts.directory import Directory


class Registries:
    """Versions of the registry; the one in force is read by every service."""

    def __init__(self, db: Db) -> None:
        self._registry = db[COLLECTION]

    def current(self) -> Directory:
        """The version in force; an empty one before the first."""
        document = self._registry.find_one({"_id": CURRENT})
        return Directory.model_validate(document["directory"]) if document else Directory()

    def replace(self, directory: Directory, by: str) -> bool:
        """Put the next version in force, keeping the last; False when somebody was faster."""
        self._keep_last(directory.version - 1)
        content = {
            "version": directory.version,
            "by": by,
            "directory": directory.model_dump(mode="json"),
        }
        expected = {"_id": CURRENT, "version": directory.version - 1}
        try:
            result = self._registry.replace_one(
                expected, {"_id": CURRENT, **content}, upsert=directory.version == 1
            )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count or result.upserted_id)

    def _keep_last(self, version: int) -> None:
        """Copy the version in force, once; a second copy would be the same."""
        last = self._registry.find_one({"_id": CURRENT, "version": version})
        if last:
            with suppress(DuplicateKeyError):
                self._registry.insert_one({**last, "_id": f"version-{version}"})
