"""`haoping`: one command whose sub-commands live in modules of their own.

Only the module of the sub-command that is called is loaded: all of them together take seconds.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from services.errors import HaopingError

COMMANDS = {
    "demo": "demo.command:demo",
    "replay": "replay:replay",
    "up": "up:up",
    "addresses": "addresses:addresses",
    "doctor": "doctor:doctor",
    "bench": "bench.command:bench",
    "simulate": "simulate:simulate",
    "openapi": "openapi:openapi",
    "selftest": "selftest:selftest",
    "month": "month:month_app",
    "case": "case:case_app",
    "quarantine": "quarantine:quarantine_app",
    "deploy": "deploy:deploy_app",
    "device": "device:device_app",
    "user": "user:user_app",
    "token": "token:token_app",
    "audit": "audit:audit_app",
    "permissions": "permissions:permissions",
    "keys": "keys:keys_app",
    "rater": "rater:rater_app",
    "backup": "backup.command:backup",
    "restore": "backup.command:restore",
}
LONGEST = 200
"""Letters of what a driver says; of all that it could not reach it says much more."""
HELP = "Haoping (好评): the feedback engine of a government service network."


def program(*names: str) -> typer.Typer:
    """The command with these sub-commands."""
    app = typer.Typer(
        help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_several)
    for name in names:
        module, _, found = COMMANDS[name].partition(":")
        command = getattr(import_module(f"services.console.{module}"), found)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _several() -> None:
    """Haoping (好评): the feedback engine of a government service network."""


def main() -> None:
    """Run a sub-command; what went wrong is one sentence on stderr and exit code 1.

    Only a mistake of ours shows where it happened.
    """
    called = [name for name in sys.argv[1:2] if name in COMMANDS]
    try:
        program(*(called or COMMANDS))()
    except HaopingError as error:
        _fail(error.message)
    except Exception as error:
        if not isinstance(error, import_module("services.console.stack.waiting").NOT_YET):
            raise
        _fail(f"{str(error)[:LONGEST]}; `haoping doctor` looks at broker, database and disk")


def _fail(words: str) -> NoReturn:
    Console(stderr=True).print(f"[red]{escape(words)}[/red]", soft_wrap=True)
    sys.exit(1)
