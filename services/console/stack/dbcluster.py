"""A MongoDB made ready for us, from an empty folder on: its replica set, its operator, its shards.

Every step may be done again, and changes nothing then. A server with a key file and no user yet
takes its first orders from its own machine only (MongoDB's localhost exception).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from services.console.stack.failure import StackFailed
from services.contracts.sharding import SHARD_KEYS

UNAUTHORIZED, ALREADY_BEGUN, USER_THERE = 13, 23, 51003
ROUTER = "isdbgrid"
"""How a router says in `hello` what it is."""
PRIMARY_WITHIN_S, LOOK_EVERY_S = 60.0, 0.2
TO_CLUSTER = "With containers: cat config/cluster.env >> .env"
"""What makes every later command of Compose know that there is a cluster."""
Command = Mapping[str, Any]


def replica_set(name: str, member: str, config_server: bool = False) -> Command:
    """The command that begins a replica set of one member; more are added by `rs.add`."""
    role = {"configsvr": True} if config_server else {}
    first = {"_id": 0, "host": member}
    return {"replSetInitiate": {"_id": name, **role, "members": [first]}}


def operator(name: str, password: str) -> Command:
    """The command that makes the user who may do everything."""
    return {"createUser": name, "pwd": password, "roles": ["root"]}


def told(client: MongoClient[Any], command: Command, *fine: int) -> None:
    """Give a command; what fails with one of these codes was done before."""
    try:
        client.admin.command(dict(command))
    except OperationFailure as error:
        if error.code not in fine:
            raise


def await_primary(client: MongoClient[Any], within_s: float = PRIMARY_WITHIN_S) -> None:
    """Wait until the server takes writes. Raises StackFailed."""
    deadline = time.monotonic() + within_s
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            raise StackFailed(f"The database has no primary after {within_s:g} s")
        time.sleep(LOOK_EVERY_S)


def begin(client: MongoClient[Any], first: Command | None, user: Command) -> None:
    """Begin the replica set if there is one to begin, and make the operator. Raises StackFailed."""
    if first is not None:
        told(client, first, ALREADY_BEGUN, UNAUTHORIZED)
    await_primary(client)
    told(client, user, USER_THERE, UNAUTHORIZED)


def spread(client: MongoClient[Any], database: str, shards: Sequence[str]) -> None:
    """Add the shards (`set/host:port`) behind this router, and declare the key of each collection.

    A router without a shard makes no index, and a collection with something in it has to have the
    index of its key before it is spread.
    """
    for shard in shards:
        told(client, {"addShard": shard})
    for collection, key in SHARD_KEYS.items():
        client[database][collection].create_index(list(key.items()))
        told(client, {"shardCollection": f"{database}.{collection}", "key": dict(key)})


def shard(client: MongoClient[Any]) -> str | None:
    """The shard that is kept on this server; None behind a router, and where everything is kept."""
    if client.admin.command("hello").get("msg") == ROUTER:
        return None
    found = client.admin["system.version"].find_one("shardIdentity")
    return found and found["shardName"]


def refuse_part(client: MongoClient[Any]) -> None:
    """Look that services find everything here. Raises StackFailed for a shard that stands alone.

    A shard started as one may get its users: services of a cluster do not ask it.
    """
    part = shard(client)
    if part and not client.admin.command("shardingState")["enabled"]:
        raise StackFailed(
            f"This server keeps {part}, one shard of a cluster, and was started as if it kept all. "
            f"{TO_CLUSTER}, then docker compose up -d"
        )
