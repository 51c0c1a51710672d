"""A copy of a database in a folder: one file of BSON for each collection, and what is in them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO, Self, cast

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection

from services.adapters.mongo import Db
from services.console.backup.order import in_order
from services.errors import HaopingError

MANIFEST, VERSION = "manifest.json", 1
SAFE = "a copy is whole only with its manifest; take another one"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
Tell = Callable[[str, int], None]


class NoCopy(HaopingError):
    """This folder holds no whole copy."""


@dataclass(frozen=True)
class Part:
    """A collection in a copy: how many documents, and the SHA-256 of all of them one by one."""

    name: str
    count: int
    digest: str


@dataclass(frozen=True)
class Copy:
    """A copy in a folder. The manifest is written last: without it a copy is not whole."""

    folder: Path
    taken_at: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The copy that is there. Raises NoCopy."""
        try:
            told = json.loads((folder / MANIFEST).read_text())
            parts = tuple(Part(**each) for each in told["parts"])
            return cls(folder, told["taken_at"], parts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoCopy(f"{folder} holds no whole copy ({error}): {SAFE}") from error

    def documents(self, part: Part) -> Iterator[RawBSONDocument]:
        """What is kept of a collection. Raises NoCopy at the end if it is not what was written."""
        digest, count = hashlib.sha256(), 0
        with gzip.open(_file(self.folder, part.name), "rb") as source:
            for each in bson.decode_file_iter(cast("BinaryIO", source), RAW):
                digest.update(each.raw)
                count += 1
                yield each
        if (count, digest.hexdigest()) != (part.count, part.digest):
            raise NoCopy(f"{part.name} in {self.folder} is damaged: {SAFE}")


def copied(db: Db, folder: Path, tell: Tell) -> Copy:
    """Copy everything into an empty folder; nobody is kept from working meanwhile.

    A copy that fails leaves nothing behind. Raises HaopingError when there is something in the
    folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise HaopingError(f"{folder} is not empty; name a folder that is, or a new one")
    try:
        return _filled(db, folder, tell)
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise


def _filled(db: Db, folder: Path, tell: Tell) -> Copy:
    taken_at, parts = datetime.now(UTC).isoformat(), []
    for name in in_order(db.list_collection_names()):
        parts.append(_copied(db, name, folder))
        tell(name, parts[-1].count)
    told = {"version": VERSION, "taken_at": taken_at, "parts": [vars(each) for each in parts]}
    (folder / MANIFEST).write_text(json.dumps(told, indent=1))
    return Copy(folder, taken_at, tuple(parts))


def _copied(db: Db, name: str, folder: Path) -> Part:
    digest, count = hashlib.sha256(), 0
    path = _file(folder, name)
    path.touch(mode=0o600)
    with gzip.open(path, "wb", compresslevel=1) as sink:
        for each in _raw(db, name).find():
            sink.write(each.raw)
            digest.update(each.raw)
            count += 1
    return Part(name, count, digest.hexdigest())


def _raw(db: Db, name: str) -> Collection[RawBSONDocument]:
    collection: Any = db.get_collection(name, codec_options=RAW)
    return cast("Collection[RawBSONDocument]", collection)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.bson.gz"
