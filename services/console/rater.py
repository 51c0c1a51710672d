"""`haoping rater`: erase what is personal about somebody who rated and asks for it."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console

from services.console.asking import Token, ask, at

rater_app = typer.Typer(help="Erase what is personal about a rater who asks for it.")
console = Console()

Url = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_RECTIFY_URL", help="Address of rectify; that of the stack here"),
]


@rater_app.callback()
def about() -> None:
    """Erase what is personal about a rater who asks for it."""


@rater_app.command()
def erase(
    reason: Annotated[str, typer.Option(help="Why: it stays in the history of the case")],
    token: Token,
    case: Annotated[str | None, typer.Option(help="The case about the rating")] = None,
    receipt: Annotated[str | None, typer.Option(help="The code of the rater's receipt")] = None,
    url: Url = None,
) -> None:
    """Erase name, number, certificate, address and words; level, tags and case stay."""
    if (case is None) == (receipt is None):
        raise typer.BadParameter("name either a --case or a --receipt")
    asked = {"command_id": str(uuid.uuid4()), "reason": reason}
    asked |= {"case": case} if case else {"receipt": str(receipt)}
    done = ask("POST", at("rectify", url), token, "/v1/raters:erase", json=asked).json()
    where = f"see the history of {done['case']}" if done["case"] else "there is no case about it"
    console.print(f"What was personal is being erased; {where}.")
