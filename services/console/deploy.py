"""`haoping deploy`: what servers of one's own need before the services start on them."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import split_hosts

from services.console.stack import dbcluster, dbusers, definitions, whole
from services.console.stack.broker import USER
from services.console.stack.certificates import issue
from services.console.stack.secrets import Secrets, kept_text
from services.contracts.keeping import KEEPING
from services.contracts.partitions import MOST
from services.errors import Invalid

deploy_app = typer.Typer(help="What servers of your own need before the services start on them.")
OURS, MONGOD = 10001, 999
"""Who reads the secrets in our containers, and in the container of MongoDB."""
KEY_FILE, DEFINITIONS = "mongo.key", "broker.json"
Folder = Annotated[Path, typer.Argument(help="Folder of the secrets, one file each")]


@deploy_app.command("secrets")
def make_secrets(
    folder: Folder,
    host: Annotated[
        list[str] | None, typer.Option(help="A name of this machine in its certificate; repeat")
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            envvar="HAOPING_PARTITIONS",
            help="Queues that the broker spreads ratings over at its start; else as it was",
        ),
    ] = None,
) -> None:
    """Make every secret that is missing in the folder; none that is there is touched.

    With them a certificate (portal.crt, portal.key) of an authority of the folder's own; put one
    that browsers know in its place. As root, each file is given to the user who reads it in its
    container. What is printed is no secret and belongs into `.env`.
    """
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    made = Secrets.of(folder)
    for name in (*(f"database-{each}.password" for each in KEEPING), "grafana.password", KEY_FILE):
        kept_text(folder / name)
    _define(folder / DEFINITIONS, made, partitions)
    if not (folder / "portal.crt").exists():
        issue(folder, host or ())
    if os.geteuid() == 0:
        for path in folder.iterdir():
            os.chown(path, *2 * (MONGOD if path.name == KEY_FILE else OURS,))
    typer.echo(f"HAOPING_ADMIN_TOKEN_HASH={made.admin_token_hash}")


def _define(path: Path, made: Secrets, partitions: int | None) -> None:
    """Write what the broker begins with, over as many partitions as before if nothing is asked."""
    before = json.loads(path.read_text()) if path.exists() else {}
    number = partitions or definitions.partitions(before)
    wanted = definitions.everything(USER, made.broker_password, made.service_passwords, number)
    whole.write(path, json.dumps(wanted, indent=1).encode())


@deploy_app.command("database")
def make_database_ready(
    folder: Folder,
    member: Annotated[
        str | None,
        typer.Option(help="The replica set to begin and its first member: rs0/mongo:27017"),
    ] = None,
    config_server: Annotated[
        bool, typer.Option("--config-server", help="It holds the configuration of a cluster")
    ] = False,
    shard: Annotated[
        list[str] | None, typer.Option(help="A shard to spread over, seen from a router; repeat")
    ] = None,
    users: Annotated[
        bool, typer.Option("--users", help="Services connect here: give each a user of its own")
    ] = False,
    host: Annotated[str, typer.Option(help="The server; for its first orders, this machine")] = (
        "127.0.0.1:27017"
    ),
    database: Annotated[str, typer.Option(envvar="MONGO_DATABASE")] = "haoping",
) -> None:
    """Make a MongoDB ready for the services; again, and what has been done is left as it is."""
    password, host = _read(folder / "database.password"), _checked(host)
    first = dbcluster.replica_set(*_parted(member), config_server) if member else None
    with ExitStack() as open_now:
        nobody = open_now.enter_context(MongoClient[Any](host, directConnection=True))
        dbcluster.begin(nobody, first, dbcluster.operator(USER, password))
        client = open_now.enter_context(
            MongoClient[Any](host, directConnection=True, username=USER, password=password)
        )
        if users:
            dbcluster.refuse_part(client)
            dbusers.grant(client, database, _passwords(folder))
        if shard:
            dbcluster.spread(client, database, shard)
    typer.echo(f"The database at {host} is ready.")


def _checked(host: str) -> str:
    try:
        split_hosts(host)
    except (ValueError, PyMongoError) as error:
        raise Invalid(f"{host!r} is no server, such as 127.0.0.1:27017 or [::1]:27017") from error
    return host


def _parted(member: str) -> tuple[str, str]:
    name, _, address = member.partition("/")
    if not address:
        raise Invalid(f"{member!r}: a replica set and its first member, such as rs0/mongo:27017")
    return name, address


def _passwords(folder: Path) -> dict[str, str]:
    return {name: _read(folder / f"database-{name}.password") for name in KEEPING}


def _read(path: Path) -> str:
    if not path.is_file():
        raise Invalid(f"{path} is missing; haoping deploy secrets {path.parent} makes it")
    return path.read_text("utf-8").strip()
