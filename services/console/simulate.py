"""`haoping simulate`: a fleet of devices on a bad day, and whether everything arrived once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, at
from services.console.fleet import SETTLE_S, Line, Office, fleet, run

TIMEOUT_S = 30
ADDRESSES = "registry", "capture", "store"

Count = Annotated[int, typer.Option(min=1, max=1000, help="How many devices")]
Presses = Annotated[int, typer.Option(min=1, max=100_000, help="Presses of each device")]
Seconds = Annotated[int, typer.Option(min=1, max=86400, help="End after so many seconds")]
Unit = Annotated[str, typer.Option(help="The unit of the registry that the devices belong to")]


def simulate(
    token: Token,
    unit: Unit,
    devices: Count = 10,
    presses: Presses = 50,
    seconds: Seconds = 120,
    seed: Annotated[int, typer.Option(help="The same seed, the same luck")] = 1,
) -> None:
    """Devices that go offline, mistake the time, resend and are imaged anew; nothing gets lost.

    For a trial: the presses are stored like any others, and the bad ones open cases.
    """
    urls = {service: at(service, None) for service in ADDRESSES}
    with httpx.Client(timeout=TIMEOUT_S) as http, tempfile.TemporaryDirectory() as folder:
        drawn = fleet(Office(http, urls, token), devices, seed, Path(folder))
        until = time.monotonic() + seconds
        lines = run(drawn, presses, until, unit, lambda: time.sleep(SETTLE_S))
    show(Console(), lines)
    raise typer.Exit(0 if all(line.reconciles for line in lines) else 1)


def show(console: Console, lines: Sequence[Line]) -> None:
    """What was sent, what is stored, and whether that is the same."""
    names = "pressed least sends failures stored missing resends".split()
    table = Table("device", *names, "reconciles", box=None)
    for line in lines:
        figures = (str(getattr(line, name)) for name in names)
        table.add_row(line.device, *figures, "yes" if line.reconciles else "[red]no")
    console.print(table)
