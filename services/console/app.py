"""`haoping`: one command whose sub-commands live in modules of their own."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from services.console.bench.command import bench
from services.console.case import case_app
from services.console.demo.command import demo
from services.console.device import device_app
from services.console.doctor import doctor
from services.console.month import month_app
from services.console.openapi import openapi
from services.console.quarantine import quarantine_app
from services.console.replay import replay
from services.console.selftest import selftest
from services.console.simulate import simulate
from services.console.up import up
from services.errors import HaopingError

app = typer.Typer(
    help="Haoping (好评): the feedback engine of a government service network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(replay)
app.command()(up)
app.command()(doctor)
app.command()(bench)
app.command()(simulate)
app.command()(openapi)
app.command()(selftest)
app.add_typer(month_app, name="month")
app.add_typer(case_app, name="case")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(device_app, name="device")


def main() -> None:
    """Run a sub-command; what went wrong is one sentence on stderr and exit code 1."""
    try:
        app()
    except HaopingError as error:
        Console(stderr=True).print(f"[red]{escape(error.message)}[/red]", soft_wrap=True)
        sys.exit(1)
