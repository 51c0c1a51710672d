"""The two commands."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pymongo
import typer
from pymongo.errors import PyMongoError
from rich.console import Console

from services.adapters.mongo import Db, connect
from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT, server_uri
from services.console.backup.copying import Copy, copied
from services.console.backup.restoring import asked_again, restored
from services.console.stack.database import version
from services.console.stack.dbcluster import TO_CLUSTER, shard
from services.console.stack.layout import Layout
from services.errors import HaopingError

console = Console(stderr=True)
LONGEST_S, PASSWORD = 24 * 3600, "MONGO_PASSWORD_FILE"
Folder = Annotated[Path, typer.Argument(help="Where the copy is, or is to be: a folder of its own")]
Uri = Annotated[
    str | None, typer.Option(envvar="MONGO_URI", help="The database; that of the stack here")
]
Database = Annotated[str, typer.Option(envvar="MONGO_DATABASE", help="Its name on the server")]
Place = Annotated[str, typer.Option(envvar="HAOPING_RULES", help="The rules in force")]
State = Annotated[Path | None, typer.Option(help="Folder of the stack, if it is not .haoping")]


def backup(
    folder: Folder, uri: Uri = None, database: Database = "haoping", state: State = None
) -> None:
    """Copy everything into a folder, while everybody goes on working.

    Keys are not in it: keep `secrets/` apart, for without the master key nobody reads what is
    sealed, and without the ledger key nobody can tell whether histories are whole.
    """
    with _database(uri, database, state) as db:
        copy = copied(db, folder, _tell)
    total = sum(part.count for part in copy.parts)
    console.print(f"{total} documents of {len(copy.parts)} collections are in {folder}.")


def restore(
    folder: Folder,
    uri: Uri = None,
    database: Database = "haoping",
    rules: Place = "weiyuan",
    state: State = None,
) -> None:
    """Put a copy into an empty database, count it again, and let follow what was on its way.

    The services may run already, or be started after it.
    """
    copy, in_force = Copy.of(folder), load_rules(ROOT / "config" / "rules", rules)
    with _database(uri, database, state) as db:
        restored(copy, db, _tell)
        again = asked_again(db, in_force, datetime.now(UTC))
    console.print(f"Everything of {copy.taken_at} is in {database}, and counted again.")
    if again:
        console.print(f"{again} bad ratings came in while it was copied; their cases follow.")


def _tell(collection: str, count: int) -> None:
    console.print(f"  {collection}: {count}", highlight=False)


@contextmanager
def _database(uri: str | None, name: str, state: Path | None) -> Iterator[Db]:
    """The database, once it has answered; what is asked of it then may take as long as it takes."""
    named = {"MONGO_URI": uri, PASSWORD: os.environ.get(PASSWORD)}
    address = server_uri(named, "MONGO") if uri else _of_stack(Layout.of(state))
    try:
        version(address)
        db = connect(address, name)
        with db.client, pymongo.timeout(LONGEST_S):
            _refuse_part(db)
            yield db
    except PyMongoError as error:
        why = str(error).partition(" (configured")[0]
        raise HaopingError(
            f"The database does not answer: {why}. See that it runs, and the address"
        ) from error


def _refuse_part(db: Db) -> None:
    """MongoDB lets its operator read a single shard as well, which would make half a copy."""
    if part := shard(db.client):
        raise HaopingError(
            f"This server keeps {part} only, one shard of a cluster: name the router (mongos) "
            f"instead. {TO_CLUSTER}"
        )


def _of_stack(layout: Layout) -> str:
    try:
        told: str = json.loads(layout.record.read_text())["mongo_uri"]
    except FileNotFoundError:
        raise HaopingError(
            f"No stack runs in {layout.state}: name the database with --uri, such as "
            "mongodb://user:password@host:27017/?replicaSet=rs0"
        ) from None
    return told
