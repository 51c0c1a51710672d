"""The offline database: mongomock, which passes the same contract suite as the real one."""

from __future__ import annotations

from typing import Any

import mongomock
from mongomock.collection import BulkOperationBuilder

from services.adapters.mongo import Db


def _without_sort(add: Any) -> Any:
    """Pymongo 4.11 and later pass `sort` to bulk operations; mongomock 4.3 does not know it."""

    def added(builder: Any, *arguments: Any, sort: object = None, **options: Any) -> Any:
        return add(builder, *arguments, **options)

    return added


for _name in ("add_update", "add_replace"):
    setattr(BulkOperationBuilder, _name, _without_sort(getattr(BulkOperationBuilder, _name)))


def fake_database(name: str = "haoping") -> Db:
    """An empty database in memory."""
    database: Db = mongomock.MongoClient(tz_aware=True)[name]
    return database
