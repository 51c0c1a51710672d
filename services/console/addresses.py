"""`haoping addresses`: where the services of a running stack answer, as lines for a shell."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from services.console.stack.failure import StackFailed
from services.console.stack.layout import Layout

State = Annotated[
    Path | None, typer.Option(help="Folder of the stack; HAOPING_STATE or .haoping by default.")
]


def addresses(state: State = None) -> None:
    """Name them to a shell, and so to other commands: eval "$(haoping addresses)"."""
    layout = Layout.of(state)
    try:
        services = json.loads(layout.record.read_text())["services"]
    except FileNotFoundError:
        raise StackFailed(f"No stack runs in {layout.state}; start one: haoping up") from None
    for name, url in services.items():
        typer.echo(f"export HAOPING_{name.upper()}_URL={shlex.quote(url)}")
