"""MongoDB, once per process: a client with bounded waits and the declared indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from logging import getLogger
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from nameko.extensions import DependencyProvider, SharedExtension
from pymongo import ASCENDING, MongoClient, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    PyMongoError,
    WriteConcernError,
)

from services.adapters.leaving import Leaving
from services.adapters.settings import server_uri
from services.adapters.telemetry.commands import Commands
from services.adapters.telemetry.spans import telling
from services.adapters.trust import ca_file, of_database

Document = dict[str, Any]
Db = Database[Document]
TIMEOUT_MS, INDEXING_S = 20_000, 4 * 3600
GLANCE_S, AWAY_S = 1.0, 5.0
"""How long to wait for what is known already, and how long to go on with it when that failed."""
AT_ONCE, IDS_AT_ONCE = 200, 50
DUPLICATE_KEY = 11000
_log = getLogger(__name__)
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
    collection: Collection[Document],
    ids: Iterable[str],
    fields: Document | None = None,
    name: str = "_id",
) -> list[Document]:
    """The documents with these `_id`s, or what else they are known by under an index `name`.

    They are read some at a time: a long $in is slow on some servers.

    SecantusDB takes half as long for 200 when asked for 50 at a time.
    """
    wanted = list(ids)
    parts = (wanted[start : start + IDS_AT_ONCE] for start in range(0, len(wanted), IDS_AT_ONCE))
    return [found for part in parts for found in collection.find({name: {"$in": part}}, fields)]


def taken(error: BulkWriteError) -> list[int]:
    """The positions of the documents whose `_id` was taken already. Raises whatever else it was.

    What a majority did not confirm in time may be lost with the primary: no document's fault, and
    not done, though the primary says nothing else against it.
    """
    if late := error.details.get("writeConcernErrors"):
        raise WriteConcernError(late[-1]["errmsg"], late[-1]["code"], late[-1]) from error
    errors = error.details["writeErrors"]
    if any(each["code"] != DUPLICATE_KEY for each in errors):
        raise error
    return sorted(each["index"] for each in errors)


def put_version(collection: Collection[Document], document: Document) -> bool:
    """Put the next version of a document in the place of the last; False if somebody was faster.

    Versions count from 1, and before the first nothing has to be there.
    """
    expected = {"_id": document["_id"], "version": document["version"] - 1}
    try:
        result = collection.replace_one(expected, document, upsert=document["version"] == 1)
    except DuplicateKeyError:
        return False
    return bool(result.matched_count or result.upserted_id)


def each_alike(collection: Collection[Document], ids: Iterable[str], update: Document) -> None:
    """Update each of these documents in the same way; those that are not there begin with it."""
    if writes := [UpdateOne({"_id": id}, update, upsert=True) for id in ids]:
        collection.bulk_write(writes, ordered=False)


def by_days(
    collection: Collection[Document],
    days: Iterable[date],
    fields: Document | None = None,
    day: str = "day",
    **only: object,
) -> Iterator[Document]:
    """The documents of these days, a day at a time: no question grows with the period.

    A whole month in one answer keeps some servers from answering anybody else meanwhile.
    """
    for each in days:
        yield from collection.find({day: f"{each}", **only}, fields)


Indexes = Mapping[str, Sequence[Index]]


def connect(uri: str, name: str, own_ca: str | None = None) -> Db:
    """The database behind `uri`: majority writes, every operation bounded by `TIMEOUT_MS`.

    With tls=true in it the server has to be vouched for, by `own_ca` if there is one.
    """
    options = {
        **of_database(uri, own_ca),
        **({"event_listeners": [Commands()]} if telling() else {}),
    }
    client: MongoClient[Document] = MongoClient(uri, timeoutMS=TIMEOUT_MS, w="majority", **options)
    return client.get_database(name, codec_options=_CODEC)


def ensure_indexes(db: Db, indexes: Indexes) -> None:
    """Create whatever index is missing: on what has grown, that takes longer than any answer."""
    with pymongo.timeout(INDEXING_S):
        for collection, wanted in indexes.items():
            for index in wanted:
                index.ensure(db, collection)


def is_away(error: PyMongoError) -> bool:
    """Whether it says that the server does not answer, rather than what it answered."""
    cause = getattr(error, "cause", error)
    return isinstance(cause, ConnectionFailure) or error.timeout


class MongoConnection(SharedExtension):
    """The one client of a service process, shared by every dependency that needs it."""

    db: Db
    leaving = Leaving()

    def setup(self) -> None:
        """Connect lazily: the first operation waits for the server, the start does not."""
        config = self.container.config
        uri = server_uri(config, "MONGO")
        self.db = connect(uri, config["MONGO_DATABASE"], ca_file(config))

    def when_there(self, do: Callable[[], object]) -> None:
        """Do something as soon as the server answers: a service may start before it, or without.

        Gives up when the service is to stop.
        """
        for _ in self.leaving.tries():
            try:
                do()
                return
            except PyMongoError as error:
                if not is_away(error):
                    raise
                _log.warning("waiting for the database: %r", error)

    def ensure(self, indexes: Indexes) -> None:
        """Create whatever index is missing, as soon as the server answers."""
        self.when_there(partial(ensure_indexes, self.db, indexes))

    def stop(self) -> None:
        """Close the sockets; a server that does not answer is not waited for."""
        with pymongo.timeout(GLANCE_S):
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
        self.connection.ensure(self.indexes)

    def get_dependency(self, worker_ctx: object) -> Db:
        """The database."""
        return self.connection.db
