"""`haoping keys`: the data keys that personal fields are sealed with, over the API."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, ask, at

keys_app = typer.Typer(help="List, rotate, rewrap, reseal and retire the keys of sealed fields.")
console = Console()

KEYS = "/v1/keys"
MINUTE = len("2020-03-05T04:00")
Url = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_STORE_URL", help="Address of store; that of the running stack"),
]


def told(method: str, token: str, url: str | None, path: str) -> dict[str, Any]:
    """What the store answers."""
    answer: dict[str, Any] = ask(method, at("store", url), token, path).json()
    return answer


@keys_app.command("list")
def list_keys(token: Token, url: Url = None) -> None:
    """The data keys, and how far everything is sealed with the newest."""
    show(told("GET", token, url, KEYS))


@keys_app.command()
def rotate(token: Token, url: Url = None) -> None:
    """Make a new data key; every running service seals with it within five seconds."""
    show(told("POST", token, url, f"{KEYS}:rotate"))


@keys_app.command()
def rewrap(token: Token, url: Url = None) -> None:
    """Wrap all data keys with the master key in force; the former one must be known still."""
    done = told("POST", token, url, f"{KEYS}:rewrap")
    console.print(f"Every data key is wrapped with {done['wrapped_by']} now.")


@keys_app.command()
def reseal(token: Token, url: Url = None) -> None:
    """Seal everything anew with the newest data key, in the background; see `list`."""
    begun = told("POST", token, url, f"{KEYS}:reseal")
    console.print(f"Sealing anew with data key {begun['generation']}: {stage(begun)}")


@keys_app.command()
def retire(
    generation: Annotated[int, typer.Argument(help="Which data key to destroy")],
    token: Token,
    url: Url = None,
) -> None:
    """Destroy a data key that nothing is sealed with any more; backups sealed with it are lost."""
    show(told("POST", token, url, f"{KEYS}/{generation}:retire"))


def show(answer: dict[str, Any]) -> None:
    """The keys as a table, and the last pass."""
    table = Table("generation", "state", "made", "wrapped by", "id")
    for key in answer["keys"]:
        row = (key["state"], key["made_at"][:MINUTE], key["wrapped_by"], key["id"])
        table.add_row(str(key["generation"]), *row)
    console.print(table)
    if passed := answer["resealing"]:
        console.print(f"Sealed anew with data key {passed['generation']}: {stage(passed)}")


def stage(progress: dict[str, Any]) -> str:
    """How far a pass is."""
    done = f"{progress['resealed']} so far"
    if progress["missed"]:
        done += f", {progress['missed']} changed meanwhile: begin another pass"
    ended = progress["ended_at"]
    return f"{done}; ended {ended[:MINUTE]}" if ended else f"{done}; going on"
