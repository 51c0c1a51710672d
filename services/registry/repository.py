"""Every query of the registry: the current version, and each one that there was."""

from __future__ import annotations

from pymongo.errors import DuplicateKeyError

from services.adapters.mongo import Db
from services.adapters.registry import COLLECTION, CURRENT
from services.contracts.directory import Directory


class Registries:
    """Versions of the registry; the current one is read by every service."""

    def __init__(self, db: Db) -> None:
        self._registry = db[COLLECTION]

    def current(self) -> Directory:
        """The version in force; an empty one before the first."""
        document = self._registry.find_one({"_id": CURRENT})
        return Directory.model_validate(document["directory"]) if document else Directory()

    def replace(self, directory: Directory, by: str) -> bool:
        """Put the next version in force, keeping the last; False when somebody was faster."""
        document = {
            "version": directory.version,
            "by": by,
            "directory": directory.model_dump(mode="json"),
        }
        expected = {"_id": CURRENT, "version": directory.version - 1}
        try:
            self._registry.insert_one({"_id": f"version-{directory.version}", **document})
            first = directory.version == 1
            self._registry.replace_one(expected, {"_id": CURRENT, **document}, upsert=first)
        except DuplicateKeyError:
            return False
        return True
