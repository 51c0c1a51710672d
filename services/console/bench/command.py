"""`haoping bench NAME`: runs on a private broker and database of its own, alone on the machine."""

from __future__ import annotations

import tempfile
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console

from services.console.bench.result import show, write
from services.console.stack import Stack
from services.console.stack.stopping import stop_when_asked
from services.errors import HaopingError

BENCHES = {
    "store": "storing",
    "capture": "capturing",
    "growth": "growing",
    "rectify": "rectifying",
    "score": "scoring",
    "portal": "portaling",
    "scale": "scaling",
    "telemetry": "telling",
    "soak": "soaking",
}
PLACE = "services.console.bench"


def bench(
    name: Annotated[str, typer.Argument(help=f"Which: {', '.join(BENCHES)}.")] = "store",
    json: Annotated[str, typer.Option(help="Write the JSON object here; - is stdout.")] = "",
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each; the median counts.")] = 5,
) -> None:
    """Measure, beside something that does the same; exit 1 when a bar does not hold."""
    if name not in BENCHES:
        raise HaopingError(f"There is no bench {name}; there are {', '.join(BENCHES)}")
    stop_when_asked()
    console, measure = Console(stderr=True), import_module(f"{PLACE}.{BENCHES[name]}").run
    with tempfile.TemporaryDirectory() as state, Stack(state) as stack:
        result = measure(stack, rounds, console.print)
    show(result, console)
    write(result, json, typer.echo)
    raise typer.Exit(0 if all(bar.holds for bar in result.bars) else 1)
