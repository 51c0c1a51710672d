"""`haoping quarantine`: the work list of what could not be stored, over the API."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, ask, at

quarantine_app = typer.Typer(help="Look at what could not be stored; replay it or discard it.")
console = Console()

STORE = "store"
MINUTE = len("2020-03-05T04:00")
ROWS = "/v1/quarantine"
Url = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_STORE_URL", help="Address of store; that of the running stack"),
]
Key = Annotated[str, typer.Argument(help="The row's key: the rating's id, or a hash")]
Reason = Annotated[str | None, typer.Option(help="Only rows with this reason")]


def _address(key: str, verb: str = "") -> str:
    return f"{ROWS}/{quote(key, safe='')}{verb}"


@quarantine_app.command("list")
def list_rows(
    token: Token,
    url: Url = None,
    state: Annotated[str, typer.Option(help="open, replaying, closed, final, discarded")] = "open",
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """The rows in a state, newest first."""
    query = {"state": state, "limit": limit, **({"reason": reason} if reason else {})}
    response = ask("GET", at(STORE, url), token, ROWS, params=query)
    table = Table()
    for head in ("key", "reason", "count", "first seen", "last seen", "detail"):
        table.add_column(head, overflow="fold")
    for row in response.json():
        times = (row[name][:MINUTE] for name in ("first_seen", "last_seen"))
        table.add_row(row["id"], row["reason"], str(row["count"]), *times, row["detail"])
    console.print(table)
    if "next" in response.links:
        console.print("There are more: mend by reason, or raise --limit.")


@quarantine_app.command()
def show(key: Key, token: Token, url: Url = None) -> None:
    """A row with its history, and its payload with personal fields masked."""
    _show(ask("GET", at(STORE, url), token, _address(key)).json())


@quarantine_app.command()
def replay(
    token: Token,
    key: Annotated[str | None, typer.Argument(help="The row's key")] = None,
    url: Url = None,
    reason: Reason = None,
) -> None:
    """Send a row, or all open rows with a reason, through the store again."""
    if (key is None) == (reason is None):
        raise typer.BadParameter("name either a KEY or a --reason")
    if key is not None:
        answer = ask("POST", at(STORE, url), token, _address(key, ":replay")).json()
    else:
        answer = ask(
            "POST", at(STORE, url), token, f"{ROWS}:replay", json={"reason": reason}
        ).json()
    console.print(f"Being replayed: {answer['replaying']}; the store's outcome closes each row.")
    for left, why in answer["cannot"].items():
        console.print(f"  {left}: {why}", markup=False)
    if answer["left"]:
        console.print("There are more: say the same again.")


@quarantine_app.command()
def discard(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why nothing is to be done")],
    token: Token,
    url: Url = None,
) -> None:
    """Close a row for good, in your name and with a reason; nothing is deleted."""
    _show(
        ask(
            "POST", at(STORE, url), token, _address(key, ":discard"), json={"reason": reason}
        ).json()
    )


def _show(row: dict[str, Any]) -> None:
    console.print(f"{row['id']} ({row['kind']}): {row['state']}, {row['reason']}", markup=False)
    console.print(f"  {row['detail']}; seen {row['count']}×, last {row['last_seen']}")
    for step in row["history"]:
        said = " ".join(str(step[name]) for name in ("did", "by", "reason") if step.get(name))
        console.print(f"  {step['at']} {said}", markup=False)
    if row["why_not"]:
        console.print(f"  {row['why_not']}", markup=False)
    if row["payload"] is not None:
        console.print_json(json.dumps(row["payload"], ensure_ascii=False))
