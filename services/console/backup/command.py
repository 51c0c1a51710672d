"""The two commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.adapters.mongo import Db, connect
from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.console.backup.copying import Copy, copied
from services.console.backup.restoring import asked_again, restored
from services.console.stack.layout import Layout
from services.errors import HaopingError

console = Console(stderr=True)
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
    copy = copied(_database(uri, database, state), folder, _tell)
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
    db, copy = _database(uri, database, state), Copy.of(folder)
    restored(copy, db, _tell)
    again = asked_again(db, load_rules(ROOT / "config" / "rules", rules), datetime.now(UTC))
    console.print(f"Everything of {copy.taken_at} is in {database}, and counted again.")
    if again:
        console.print(f"{again} bad ratings came in while it was copied; their cases follow.")


def _tell(collection: str, count: int) -> None:
    console.print(f"  {collection}: {count}", highlight=False)


def _database(uri: str | None, name: str, state: Path | None) -> Db:
    return connect(uri or _of_stack(Layout.of(state)), name)


def _of_stack(layout: Layout) -> str:
    try:
        told: str = json.loads(layout.record.read_text())["mongo_uri"]
    except FileNotFoundError:
        raise HaopingError(
            f"No stack runs in {layout.state}: name the database with --uri, such as "
            "mongodb://user:password@host:27017/?replicaSet=rs0"
        ) from None
    return told
