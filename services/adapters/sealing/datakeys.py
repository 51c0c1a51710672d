"""The data keys as they lie in the database, each wrapped, and named by its generation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from bson.binary import UUID_SUBTYPE, Binary
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.adapters.mongo import Db

KEYS = "data_keys"
FIRST_NAME = "rater"
ID = slice(1, 17)
"""Where the id of the data key stands in a ciphertext of explicit encryption."""
FIELDS = {"keyAltNames": 1, "masterKey.provider": 1, "creationDate": 1}


class DataKey(BaseModel):
    """A data key, without its material. `wrapped_by`: the master key that it needs."""

    model_config = ConfigDict(frozen=True)
    generation: int
    id: str
    wrapped_by: str
    made_at: AwareDatetime

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The data key of a document of the key vault."""
        _, _, number = str(document["keyAltNames"][0]).partition(":")
        return cls(
            generation=int(number or 1),
            id=bytes(document["_id"]).hex(),
            wrapped_by=document["masterKey"]["provider"],
            made_at=document["creationDate"],
        )

    @cached_property
    def stored_id(self) -> Binary:
        """The id as the database keeps it."""
        return Binary(bytes.fromhex(self.id), UUID_SUBTYPE)


def key_of(ciphertext: bytes) -> str:
    """The id of the data key that opens a ciphertext, as it stands in it."""
    return ciphertext[ID].hex()


def name_of(generation: int) -> str:
    """What the key of a generation is called; only one can be."""
    return f"{FIRST_NAME}:{generation}"


class DataKeys:
    """Reads the key vault, and removes from it what nothing is sealed with."""

    def __init__(self, db: Db) -> None:
        self._keys = db[KEYS]

    def declare(self) -> None:
        """Let each name be given once, whoever is fastest."""
        self._keys.create_index("keyAltNames", unique=True, sparse=True)

    def all(self) -> list[DataKey]:
        """Every data key, the newest last."""
        found = [DataKey.of(each) for each in self._keys.find({}, FIELDS)]
        return sorted(found, key=lambda each: each.generation)

    def newest(self) -> DataKey | None:
        """The key that seals from now on."""
        found = self.all()
        return found[-1] if found else None

    def succeeded_at(self, generation: int) -> datetime | None:
        """When a key gave way to the next; None for the newest and for one that is not there."""
        known = {each.generation for each in self.all()}
        later = [each.made_at for each in self.all() if each.generation > generation]
        return min(later, default=None) if generation in known else None

    def remove(self, generation: int) -> bool:
        """Destroy a key, and with it whatever is still sealed with it; False when it is gone."""
        names = [name_of(generation), *([FIRST_NAME] if generation == 1 else [])]
        return self._keys.delete_one({"keyAltNames": {"$in": names}}).deleted_count == 1
