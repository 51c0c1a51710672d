"""MongoDB, once per process: a client with bounded waits and the declared indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson.codec_options import CodecOptions
from nameko.extensions import DependencyProvider, SharedExtension
from pymongo import ASCENDING, MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from services.adapters.trust import ca_file, of_database

Document = dict[str, Any]
Db = Database[Document]
TIMEOUT_MS = 20_000
GLANCE_S, AWAY_S = 1.0, 5.0
"""How long to wait for what is known already, and how long to go on with it when that failed."""
AT_ONCE = 200
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)


@dataclass(frozen=True)
class Index:
    """An index on one or more ascending fields. `sparse` leaves out documents without them.

    There are no unique ones: identity is `_id`, which is what a sharded cluster can enforce.
    """

    fields: tuple[str, ...]
    sparse: bool = False

    def ensure(self, db: Db, collection: str) -> None:
        """Create the index unless it is there."""
        keys = [(field, ASCENDING) for field in self.fields]
        db[collection].create_index(keys, sparse=self.sparse)


def by_ids(
    collection: Collection[Document], ids: Iterable[str], fields: Document | None = None
) -> list[Document]:
    """The documents with these `_id`s, `AT_ONCE` at a time: a long $in is slow on some servers."""
    wanted = list(ids)
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return [found for part in parts for found in collection.find({"_id": {"$in": part}}, fields)]


Indexes = Mapping[str, Sequence[Index]]


def connect(uri: str, name: str, own_ca: str | None = None) -> Db:
    """The database behind `uri`: majority writes, every operation bounded by `TIMEOUT_MS`.

    With tls=true in it the server has to be vouched for, by `own_ca` if there is one.
    """
    trusted = of_database(uri, own_ca)
    client: MongoClient[Document] = MongoClient(uri, timeoutMS=TIMEOUT_MS, w="majority", **trusted)
    return client.get_database(name, codec_options=_CODEC)


def ensure_indexes(db: Db, indexes: Indexes) -> None:
    """Create whatever index is missing."""
    for collection, wanted in indexes.items():
        for index in wanted:
            index.ensure(db, collection)


class MongoConnection(SharedExtension):
    """The one client of a service process, shared by every dependency that needs it."""

    db: Db

    def setup(self) -> None:
        """Connect lazily: the first operation waits for the server, the start does not."""
        config = self.container.config
        self.db = connect(config["MONGO_URI"], config["MONGO_DATABASE"], ca_file(config))

    def stop(self) -> None:
        """Close the sockets."""
        self.db.client.close()

    def kill(self) -> None:
        """The same without grace."""
        self.stop()


class MongoDatabase(DependencyProvider):
    """Gives workers the database, with the indexes that a repository declares in place."""

    connection = MongoConnection()

    def __init__(self, indexes: Indexes) -> None:
        self.indexes = indexes

    def start(self) -> None:
        """Declare the indexes before the first message arrives."""
        ensure_indexes(self.connection.db, self.indexes)

    def get_dependency(self, worker_ctx: object) -> Db:
        """The database."""
        return self.connection.db
