"""`haoping up`: the embedded stack in the foreground, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from services.console.sample import settle, sign_ins
from services.console.stack import Stack, StackFailed
from services.console.stack.application import ALL
from services.console.stack.stopping import ignore_impatience, stop_when_asked

GLANCE_S = 0.5
TRUST = """\
Each kiosk has to trust this certificate, once: {file}
  Linux    certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n haoping -i FILE   (package libnss3-tools)
  Windows  certutil -addstore Root FILE
  Android  Settings, Security, Install a certificate, CA certificate
Copy that file only; the keys beside it stay here."""

State = Annotated[
    Path | None, typer.Option(help="Folder of the stack; HAOPING_STATE or .haoping by default.")
]
ServersOnly = Annotated[
    bool, typer.Option("--servers-only", help="Only the broker and the database, no services.")
]

Sample = Annotated[
    bool, typer.Option("--sample", help="With a county to try: its units, windows and people.")
]
Tls = Annotated[
    bool,
    typer.Option("--tls", help="Serve the pages over HTTPS, which kiosks need to work offline."),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "--host",
        help="With --tls: a name or address of this machine under which kiosks and phones reach "
        "the pages; they are then open to the network. May be repeated.",
    ),
]


def up(
    state: State = None,
    servers_only: ServersOnly = False,
    sample: Sample = False,
    tls: Tls = False,
    host: Hosts = None,
) -> None:
    """Start a private broker, a database and the services; Ctrl-C stops everything again."""
    if host and not tls:
        raise typer.BadParameter("serve the pages to the network over HTTPS only: add --tls")
    console = Console(soft_wrap=True)
    stop_when_asked()
    try:
        services, hosts = () if servers_only else ALL, (host or []) if tls else None
        with Stack(state, services=services, tls=hosts) as stack:
            _say(console.print, stack)
            if sample:
                _say_who(console.print, settle(stack))
            console.print("Running. Ctrl-C stops it.")
            _watch(stack)
    except KeyboardInterrupt:
        console.print("Stopped: nothing of it is running any more.")


def _watch(stack: Stack) -> None:
    try:
        while stack.is_alive():
            time.sleep(GLANCE_S)
    finally:
        ignore_impatience()
    raise StackFailed("The supervisor of the stack was killed; start it again with `haoping up`.")


def _say(tell: Callable[[str], None], stack: Stack) -> None:
    if stack.ended_before:
        tell(f"Ended {len(stack.ended_before)} processes that a killed stack had left behind.")
    for sentence in stack.picked:
        tell(escape(sentence))
    for service in stack.services:
        tell(f"  {service:<9} {stack.url(service)}")
    tell(f"Administrator's token: {escape(str(stack.admin_token_file))}")
    if stack.services:
        tell("An administrator with a password: haoping user add ID NAME --administrator")
    if stack.authority and stack.services:
        tell(f"Pages over HTTPS: {stack.public_url}")
        tell(TRUST.format(file=escape(str(stack.authority))))


def _say_who(tell: Callable[[str], None], tokens: dict[str, str]) -> None:
    tell("Sign in to the pages as one of the sample county's people:")
    for words, token in sign_ins(tokens):
        tell(f"  {words:<6} {escape(token)}")
