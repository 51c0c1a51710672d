"""`haoping token`: scoped tokens of machines and people: issued, listed and revoked."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import REGISTRY, RegistryUrl, Token, ask, at
from services.contracts.actor import Role

TOKENS = "/v1/tokens"
MINUTE = len("2020-03-05T04:00")
token_app = typer.Typer(help="Tokens that act as a principal with some of its roles.")
console = Console(soft_wrap=True, highlight=False, markup=False)


@token_app.command()
def issue(
    principal: Annotated[str, typer.Argument(help="Whom it acts as: an id in the registry")],
    name: Annotated[str, typer.Argument(help="What it is for")],
    token: Token,
    role: Annotated[list[Role], typer.Option("--role", help="At most this; may be repeated")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lasts")] = 90,
    url: RegistryUrl = None,
) -> None:
    """Print a new token. To rotate one, issue another, put it in place, revoke the former."""
    said = {"principal": principal, "name": name, "roles": role, "days": days}
    issued = ask("POST", at(REGISTRY, url), token, TOKENS, json=said).json()
    console.print(f"id     {issued['id']}\ntoken  {issued['token']}  (shown only now)")
    console.print(f"until  {issued['expires_at'][:MINUTE]}")


@token_app.command("list")
def list_tokens(
    token: Token,
    url: RegistryUrl = None,
    principal: Annotated[str | None, typer.Option(help="Only those of one principal")] = None,
    sessions: Annotated[bool, typer.Option("--sessions", help="Sessions of people too")] = False,
) -> None:
    """Tokens with their ends, newest first."""
    asked = {"principal": principal, "kind": None if sessions else "api"}
    query = {name: value for name, value in asked.items() if value is not None}
    table = Table()
    for head in ("id", "principal", "name", "roles", "issued by", "until", ""):
        table.add_column(head, overflow="fold")
    for each in ask("GET", at(REGISTRY, url), token, TOKENS, params=query).json():
        roles = "all" if each["roles"] is None else " ".join(each["roles"])
        state = "" if each["opens"] else "revoked" if each["revoked_at"] else "ended"
        words = (each["id"], each["principal"], each["name"], roles, each["issued_by"])
        table.add_row(*words, each["expires_at"][:MINUTE], state)
    console.print(table)


@token_app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="As `list` shows it")],
    token: Token,
    url: RegistryUrl = None,
) -> None:
    """End a token or a session: the next request that bears it is refused."""
    ended = ask("DELETE", at(REGISTRY, url), token, f"{TOKENS}/{quote(id, safe='')}").json()
    console.print(f"{ended['id']} of {ended['principal']} opens nothing any more.")
