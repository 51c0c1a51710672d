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
USERS_IN = "haoping"
"""Where users live, whatever the database of the data is called: it changes after a restore."""


def privileges(database: str, rights: Rights) -> list[dict[str, Any]]:
    """What a service may do, as MongoDB writes it."""
    return [
        {"resource": {"db": database, "collection": name}, "actions": list(ACTIONS[right])}
        for name, right in rights.all()
    ]


def grant(client: MongoClient[Any], database: str, passwords: Mapping[str, str]) -> None:
    """Give every service its rights on this database, as a user that is made if it is missing.

    What a user may do on another database stays, so that services go over to this one when they are
    told to, and back. A service says mongodb://service-NAME:PASSWORD@HOST/?authSource=haoping.
    """
    for service, password in passwords.items():
        name = service_user(service)
        role = {"privileges": privileges(database, KEEPING[service]), "roles": []}
        _made(client[database], "Role", name, role)
        _made(client[USERS_IN], "User", name, {"pwd": password, "roles": []}, kept="roles")
        may = [{"role": name, "db": database}]
        client[USERS_IN].command({"grantRolesToUser": name, "roles": may})


def _made(db: Any, kind: str, name: str, what: Mapping[str, Any], kept: str = "") -> None:
    """Make it, or bring what is there up to date but for what is kept as it is."""
    try:
        db.command({f"create{kind}": name, **what})
    except OperationFailure as error:
        if error.code not in ALREADY:
            raise
        new = {key: value for key, value in what.items() if key != kept}
        db.command({f"update{kind}": name, **new})
