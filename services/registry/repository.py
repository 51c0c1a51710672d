"""Every query of the registry: its versions, and the key rings of devices."""

from __future__ import annotations

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from services.adapters.devices import COLLECTION as KEYRINGS
from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db, Document, Index, put_version
from services.adapters.registry import COLLECTION, CURRENT
from services.contracts.directory import Directory
from services.contracts.keyring import Ring

INDEXES = {KEYRINGS: (Index(("code_hash",), sparse=True),)}


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
        content = {"by": by, "directory": directory.model_dump(mode="json")}
        return put_version(
            self._registry, {"_id": CURRENT, "version": directory.version, **content}
        )

    def _keep_last(self, version: int) -> None:
        """Copy the version in force, once; a second copy would be the same."""
        last = self._registry.find_one({"_id": CURRENT, "version": version})
        if last:
            with suppress(DuplicateKeyError):
                self._registry.insert_one({**last, "_id": f"version-{version}"})


class Keyrings:
    """The key rings of devices, each replaced as a whole and only from the version before it."""

    def __init__(self, db: Db) -> None:
        self._rings, self._heartbeats = db[KEYRINGS], db[HEARTBEATS]

    def get(self, device: str) -> Ring:
        """The ring of a device; an empty one before its first code."""
        return Ring.model_validate(self._rings.find_one({"_id": device}) or {"device": device})

    def all(self) -> dict[str, Ring]:
        """The ring of every device that ever had a code, by device."""
        return {
            each["_id"]: Ring.model_validate({**each, "device": each["_id"]})
            for each in self._rings.find()
        }

    def said(self) -> dict[str, Document]:
        """The last heartbeat of each device, in its newest epoch, by device."""
        found = self._heartbeats.find({}, {"depths": 0})
        return {each["device"]: each for each in sorted(found, key=lambda each: each["epoch"])}

    def with_code(self, hash: str) -> Ring | None:
        """The ring for which this code was issued and not yet used."""
        found = self._rings.find_one({"code_hash": hash})
        return Ring.model_validate(found) if found else None

    def keep(self, ring: Ring) -> bool:
        """Put the next version in place; False when somebody was faster."""
        return put_version(self._rings, {"_id": ring.device, **ring.model_dump(exclude_none=True)})


def product(db: Db) -> tuple[bool, str]:
    """Whether the database is the embedded one, which is for trials, and what it is called."""
    built = db.client.server_info()
    trial = "secantusVersion" in built
    return (
        trial,
        f"SecantusDB {built['secantusVersion']}" if trial else f"MongoDB {built['version']}",
    )
