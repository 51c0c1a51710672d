"""Files in GridFS, written and read in pieces: none is ever held whole in memory.

What is being written is noted first, so that the pieces of an upload that failed, whose process
may be gone, can be found and removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from gridfs import GridFSBucket
from gridfs.errors import NoFile
from nameko.extensions import DependencyProvider

from services.adapters.mongo import Db, Document, MongoConnection

PIECE = 255 * 1024
FINISHED_WITHIN = timedelta(hours=1)


class FileStore:
    """The files of one bucket, which is a pair of collections named after it."""

    def __init__(self, db: Db, bucket: str) -> None:
        self._bucket: Any = GridFSBucket(db, bucket, chunk_size_bytes=PIECE)
        self._begun = db[f"{bucket}.begun"]

    def write(self, id: str, owner: str, pieces: Iterable[bytes]) -> None:
        """Write a file for `owner`. Whatever `pieces` raises leaves nothing behind, and is raised.

        The file stays an orphan until `keep` is called.
        """
        self._begun.insert_one({"_id": id, "owner": owner, "at": datetime.now(UTC)})
        try:
            with self._bucket.open_upload_stream_with_id(id, id) as file:
                for piece in pieces:
                    file.write(piece)
        except Exception:
            self.remove(id)
            raise

    def keep(self, id: str) -> None:
        """The file has found its owner."""
        self._begun.delete_one({"_id": id})

    def remove(self, id: str) -> None:
        """Remove a file, whole or in pieces."""
        with suppress(NoFile):
            self._bucket.delete(id)
        self._begun.delete_one({"_id": id})

    def orphans(self, now: datetime) -> list[Document]:
        """Files whose writing began long ago and that nobody has kept: `_id` and `owner`."""
        return list(self._begun.find({"at": {"$lt": now - FINISHED_WITHIN}}).limit(100))

    def read(self, id: str) -> Iterator[bytes]:
        """The pieces of a file, each read when it is asked for."""
        with self._bucket.open_download_stream(id) as file:
            while piece := file.read(PIECE):
                yield piece


class Files(DependencyProvider):
    """Gives workers the files of a bucket."""

    connection = MongoConnection()

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def get_dependency(self, worker_ctx: object) -> FileStore:
        """The files."""
        return FileStore(self.connection.db, self.bucket)
