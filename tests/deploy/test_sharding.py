"""A MongoDB of one member or of shards: what it is told, and that it can keep its promises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from pymongo.errors import OperationFailure
from typer.testing import CliRunner

import services
from services.adapters.mongo import Index
from services.console.app import program
from services.console.stack import dbcluster
from services.console.stack.failure import StackFailed
from services.contracts.keeping import KEEPING
from services.contracts.sharding import SHARD_KEYS
from tests.deploy.project import CLUSTER, project

SHARD_NOT_FOUND, INVALID_OPTIONS = 70, 72
KEPT = {name for rights in KEEPING.values() for name, _ in rights.all()}
GRIDFS_UNIQUE = ("files_id", "n")
"""The one unique index besides `_id` on a collection that is spread (pymongo's GridFS)."""


def declared() -> Iterator[tuple[str, Index]]:
    """Every index that a repository declares, with its collection."""
    for found in walk_packages(services.__path__, "services."):
        if ".bench" in found.name or found.ispkg:
            continue
        for value in vars(import_module(found.name)).values():
            if isinstance(value, Mapping) and value:
                for collection, indexes in value.items():
                    if isinstance(indexes, tuple) and all(isinstance(i, Index) for i in indexes):
                        yield from ((collection, each) for each in indexes)


class Server:
    """Stands where a MongoDB would be: writes down what it is told, and fails as it is asked to.

    As a router it keeps nothing before it has a shard, and spreads no collection without its index.
    """

    def __init__(self, primary: bool = True, **fails: int) -> None:
        self.primary, self.fails = primary, fails
        self.told: list[dict[str, Any]] = []
        self.indexed: dict[str, Any] = {}

    @property
    def admin(self) -> Server:
        """The database of commands."""
        return self

    def __getitem__(self, name: str) -> Server:
        self.at = name
        return self

    def create_index(self, keys: list[tuple[str, str]]) -> None:
        """An index on the collection that was asked for last."""
        if not any("addShard" in each for each in self.told):
            raise OperationFailure("no shards found", SHARD_NOT_FOUND)
        self.indexed[self.at] = dict(keys)

    def command(self, command: Any) -> dict[str, Any]:
        """What a server answers."""
        if command == "hello":
            return {"isWritablePrimary": self.primary}
        self.told.append(command)
        _, _, collection = str(command.get("shardCollection", "")).partition(".")
        if collection and collection not in self.indexed:
            raise OperationFailure("no index of this key", INVALID_OPTIONS)
        if code := self.fails.get(next(iter(command))):
            raise OperationFailure("no", code)
        return {"ok": 1}


class Kept(Server):
    """A server that keeps a shard, asked itself or through the router before it."""

    def __init__(self, asked: str, started_as_shard: bool = True) -> None:
        super().__init__()
        self.asked, self.started_as_shard = asked, started_as_shard

    def find_one(self, sought: str) -> dict[str, Any] | None:
        """What stands in the collection that was asked for last; servers of configurations too."""
        there = (self.at, sought) == ("system.version", "shardIdentity")
        return {"_id": sought, "shardName": "rs0"} if there else None

    def command(self, command: Any) -> dict[str, Any]:
        """What a server of a cluster answers."""
        router = {"msg": "isdbgrid"} if self.asked == "through the router" else {}
        state: dict[str, Any] = {"enabled": self.started_as_shard}
        return router if command == "hello" else state


def test_what_grows_with_the_presses_is_spread_and_is_ours() -> None:
    assert set(SHARD_KEYS) <= KEPT
    assert {"ratings", "errands", "touched", "cases", "audit", "evidence.chunks"} <= set(SHARD_KEYS)


def test_every_unique_index_begins_with_the_key_of_its_collection() -> None:
    """Those of ours are `_id`: no index that is declared can be unique."""
    assert {field.name for field in Index.__dataclass_fields__.values()} == {"fields", "sparse"}
    assert len({collection for collection, _ in declared()} & set(SHARD_KEYS)) >= 5
    for collection, key in SHARD_KEYS.items():
        unique = GRIDFS_UNIQUE if collection == "evidence.chunks" else ("_id",)
        assert unique[: len(key)] == tuple(key)


def test_a_cluster_is_told_its_shards_and_the_key_of_each_collection_which_has_its_index() -> None:
    server = Server()
    dbcluster.spread(server, "haoping", ["rs0/a:1", "rs1/b:1"])  # type: ignore[arg-type]
    assert server.told[:2] == [{"addShard": "rs0/a:1"}, {"addShard": "rs1/b:1"}]
    assert {each["shardCollection"]: each["key"] for each in server.told[2:]} == {
        f"haoping.{name}": dict(key) for name, key in SHARD_KEYS.items()
    }
    assert server.indexed == {name: dict(key) for name, key in SHARD_KEYS.items()}


def test_a_shard_that_was_started_as_if_it_kept_everything_gets_no_services() -> None:
    dbcluster.refuse_part(Kept("itself"))  # type: ignore[arg-type]
    dbcluster.refuse_part(Kept("through the router", started_as_shard=False))  # type: ignore[arg-type]
    with pytest.raises(StackFailed, match=r"rs0, one shard.* cat config/cluster.env >> .env"):
        dbcluster.refuse_part(Kept("itself", started_as_shard=False))  # type: ignore[arg-type]


def test_a_server_is_begun_once_and_a_second_time_changes_nothing() -> None:
    first = dbcluster.replica_set("rs0", "mongo:27017")
    user = dbcluster.operator("haoping", "x")
    fresh = Server()
    dbcluster.begin(fresh, first, user)  # type: ignore[arg-type]
    assert fresh.told == [first, user]
    for fails in ({"replSetInitiate": 13, "createUser": 13}, {"replSetInitiate": 23}):
        dbcluster.begin(Server(**fails), first, user)  # type: ignore[arg-type]


def test_another_failure_of_a_server_is_told() -> None:
    first = dbcluster.replica_set("rs0", "mongo:27017")
    with pytest.raises(OperationFailure):
        dbcluster.begin(Server(replSetInitiate=93), first, {})  # type: ignore[arg-type]


def test_a_server_that_never_takes_writes_is_told() -> None:
    with pytest.raises(StackFailed, match="no primary"):
        dbcluster.await_primary(Server(primary=False), 0)  # type: ignore[arg-type]


def test_a_server_of_configurations_says_what_it_is() -> None:
    told = dbcluster.replica_set("rs-config", "mongo-config:27017", config_server=True)
    assert told["replSetInitiate"] == {
        "_id": "rs-config",
        "configsvr": True,
        "members": [{"_id": 0, "host": "mongo-config:27017"}],
    }


def test_the_containers_begin_the_sets_that_their_servers_are_started_with() -> None:
    containers = project(CLUSTER)["services"]
    begun = {}
    for name, container in containers.items():
        words = container["command"] if isinstance(container.get("command"), list) else []
        if "--member" in words:
            replica_set, _, member = words[words.index("--member") + 1].partition("/")
            server = containers[container["network_mode"].removeprefix("service:")]
            assert f"--replSet {replica_set} " in server["command"], name
            assert ("--configsvr" in server["command"]) == ("--config-server" in words)
            begun[f"{replica_set}/{member}"] = server["command"]
    routed = containers["mongos-ready"]["command"]
    shards = [word for before, word in pairwise(routed) if before == "--shard"]
    assert shards == ["rs0/mongo:27017", "rs1/mongo-2:27017"]
    assert all("--shardsvr" in begun[shard] for shard in shards)
    assert "--configdb rs-config/mongo-config:27017 " in containers["mongos"]["command"]
    assert {name for name, each in containers.items() if "--users" in str(each.get("command"))} == {
        "mongo-ready",
        "mongos-ready",
    }


def test_a_replica_set_without_a_member_is_refused(tmp_path: Path) -> None:
    (tmp_path / "database.password").write_text("x")
    asked = ["deploy", "database", str(tmp_path), "--member", "rs0"]
    outcome = CliRunner().invoke(program("deploy"), asked)
    assert "rs0/mongo:27017" in str(outcome.exception)
    assert json.dumps(outcome.output) == '""'
