"""A user for each service on a MongoDB, with a role that is made of the table of rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from services.contracts.keeping import ACTIONS, KEEPING, Rights
from services.contracts.topology import service_user

ALREADY = frozenset({51002, 51003})
"""MongoDB's codes for a role and for a user that are there."""


def privileges(database: str, rights: Rights) -> list[dict[str, Any]]:
    """What a service may do, as MongoDB writes it."""
    return [
        {"resource": {"db": database, "collection": name}, "actions": list(ACTIONS[right])}
        for name, right in rights.all()
    ]


def grant(client: MongoClient[Any], database: str, passwords: Mapping[str, str]) -> None:
    """Make the roles and users in this database, or bring those that are there up to date.

    A service then says mongodb://service-NAME:PASSWORD@HOST/?authSource=DATABASE.
    """
    db = client[database]
    for service, password in passwords.items():
        name = service_user(service)
        may = {"privileges": privileges(database, KEEPING[service]), "roles": []}
        is_this = {"pwd": password, "roles": [{"role": name, "db": database}]}
        _made(db, "Role", name, may)
        _made(db, "User", name, is_this)


def _made(db: Any, kind: str, name: str, what: Mapping[str, Any]) -> None:
    try:
        db.command({f"create{kind}": name, **what})
    except OperationFailure as error:
        if error.code not in ALREADY:
            raise
        db.command({f"update{kind}": name, **what})
