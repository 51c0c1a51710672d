"""`haoping user`: people who sign in, from the first administrator on; passwords and locks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from services.adapters.clock import SystemClock
from services.adapters.ledger import KEY_FILE, ledger_key
from services.adapters.mongo import Db, connect
from services.adapters.settings import load_settings, server_uri
from services.console.asking import REGISTRY, NotAnswered, RegistryUrl, Token, ask, at
from services.console.stack.layout import Layout
from services.contracts.actor import Role
from services.errors import Conflict, Invalid
from services.registry.founding import first_administrator

user_app = typer.Typer(help="People who sign in: register them, give passwords, lock and unlock.")
console = Console(soft_wrap=True, highlight=False)
Person = Annotated[str, typer.Argument(help="The person's id in the registry")]
Roles = Annotated[list[Role] | None, typer.Option("--role", help="May be repeated")]
First = Annotated[
    bool,
    typer.Option(
        "--administrator",
        help="The first administrator: straight into the database at hand (that of the stack that "
        "runs in this folder, else MONGO_URI), where there is none yet",
    ),
]
OptionalToken = Annotated[str, typer.Option(envvar="HAOPING_TOKEN", help="Your token")]


@user_app.command()
def add(
    person: Person,
    name: Annotated[str, typer.Argument(help="The person's name, as it is shown")],
    role: Roles = None,
    unit: Annotated[str | None, typer.Option(help="The unit whose subtree they see")] = None,
    mail: Annotated[str | None, typer.Option(help="Where notices are sent")] = None,
    administrator: First = False,
    token: OptionalToken = "",
    url: RegistryUrl = None,
) -> None:
    """Register a person and print a password for one use, which they change when they sign in."""
    if administrator:
        if role or unit or mail:
            raise Invalid("The first administrator has that one role; give others on the pages")
        with database() as (db, key):
            given = first_administrator(db, key, person, name, SystemClock().now())
        _print(person, given.password, given.expires_at)
        return
    if not role:
        raise Invalid("Name at least one --role, or --administrator for the first one")
    address = at(REGISTRY, url)
    known = ask("GET", address, token, "/v1/registry").json()["principals"]
    if any(each["id"] == person for each in known):
        raise Conflict(f"{person} is registered already; `haoping user password` gives a password")
    said = {"id": person, "name": name, "roles": role, "unit": unit, "mail": mail}
    ask("PUT", address, token, f"/v1/people/{quote(person, safe='')}", json=said)
    _give(person, token, address)


@user_app.command("list")
def list_users(token: Token, url: RegistryUrl = None) -> None:
    """Who can sign in, and how it is with their passwords."""
    address = at(REGISTRY, url)
    known = ask("GET", address, token, "/v1/registry").json()["principals"]
    people = {each["id"]: each for each in known}
    table = Table()
    for head in ("id", "name", "roles", "password", "since"):
        table.add_column(head, overflow="fold")
    for account in ask("GET", address, token, "/v1/accounts").json():
        person = people[account["person"]]
        since = (account["changed_at"] or "")[:10]
        roles = " ".join(sorted(person["roles"]))
        table.add_row(person["id"], person["name"], roles, _state(account), since)
    console.print(table)


@user_app.command()
def password(person: Person, token: Token, url: RegistryUrl = None) -> None:
    """Print a new password for one use; the former one ends, and so does every session."""
    _give(person, token, at(REGISTRY, url))


@user_app.command()
def lock(person: Person, token: Token, url: RegistryUrl = None) -> None:
    """Close an account and end its sessions."""
    _move(person, "lock", token, at(REGISTRY, url))


@user_app.command()
def unlock(person: Person, token: Token, url: RegistryUrl = None) -> None:
    """Open an account again, and end the wait after wrong tries."""
    _move(person, "unlock", token, at(REGISTRY, url))


@contextmanager
def database() -> Iterator[tuple[Db, bytes]]:
    """The database at hand, with the key of its ledger: that of the stack that runs in this folder,
    else that of MONGO_URI.

    Raises NotAnswered when there is neither, Misconfigured when there is no key.
    """
    settings, layout = load_settings(), Layout.of(None)
    uri = server_uri(settings, "MONGO") if "MONGO_URI" in os.environ else None
    if uri is None and layout.record.exists():
        uri = str(json.loads(Path(layout.record).read_text())["mongo_uri"])
        settings[KEY_FILE] = os.environ.get(KEY_FILE) or str(layout.secrets / "ledger.key")
    if uri is None:
        raise NotAnswered("No stack runs here: start one, or set MONGO_URI (or HAOPING_STATE)")
    key = ledger_key(settings)
    db = connect(uri, settings["MONGO_DATABASE"])
    try:
        yield db, key
    finally:
        db.client.close()


def _give(person: str, token: str, address: str) -> None:
    path = f"/v1/accounts/{quote(person, safe='')}:password"
    given = ask("POST", address, token, path).json()
    _print(person, given["password"], datetime.fromisoformat(given["expires_at"]))


def _print(person: str, password: str, until: datetime) -> None:
    console.print(f"user      {person}\npassword  {password}  (shown only now)", markup=False)
    console.print(f"It is for one use, until {until:%Y-%m-%d %H:%M} UTC: whoever signs in with it")
    console.print("chooses another one, of at least 12 characters.")


def _move(person: str, move: str, token: str, address: str) -> None:
    path = f"/v1/accounts/{quote(person, safe='')}:{move}"
    account = ask("POST", address, token, path).json()
    console.print(f"{person}: {_state(account)}", markup=False)


def _state(account: dict[str, Any]) -> str:
    if account["locked_at"]:
        return f"locked by {account['locked_by']}"
    if account["one_time_until"]:
        return f"for one use, until {account['one_time_until'][:16]}"
    return "own" if account["password"] else "none"
