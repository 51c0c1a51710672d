"""Who may do what, where, and by which address, page or command: the one document of it.

The table of roles and actions is `MAY`, how far each reaches is `SCOPE`, and every address names
its action where it is declared. Here stands the rest: what anybody may ask, and why; which commands
are left out of the audit, and why; and what a command of the terminal needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from services.adapters.openapi import Operation, operations
from services.adapters.pages.entrypoint import PageEntrypoint
from services.console.stack.application import ALL
from services.contracts.actor import MAY, Action, Role
from services.contracts.permissions import MEANING, SCOPE

LIVES = "tells only that the process lives"
RECEIPT = "whoever rated holds the receipt's code, 128 bits under a keyed hash, tried within limits"
LINK = "the signed link is the proof: one errand, once, within its time; tried within limits"
PUBLISHED = "figures that are published"
FILES = "styles, scripts and pictures of the pages; they hold no data"
PUBLIC: Mapping[str, str] = {
    "GET /": "where to go from here; shows nothing but that",
    "GET /admin": "leads on, to the sign-in or to the first page that one may see",
    "GET /healthz": LIVES,
    "GET /readyz": "tells only whether the service can do its work, and which server is away",
    "GET /metrics": "counts and measures without anything personal, for no public address",
    "GET /kiosk/": "the page of a kiosk, which signs what it sends",
    "GET /kiosk/<device>": "the same, for one device; holds no data of it",
    "GET /kiosk/files/<edition>/<path:path>": FILES,
    "GET /kiosk/worker.js": FILES,
    "GET /language/<language>": "sets the language of the pages in a cookie",
    "GET /p/<token:token>": LINK,
    "POST /p/<token:token>": LINK,
    "GET /r/<token:token>": LINK,
    "POST /r/<token:token>": LINK,
    "GET /receipt": "the field into which a receipt's code is typed",
    "GET /receipt/<token:code>": RECEIPT,
    "POST /receipt/<token:code>/append": RECEIPT,
    "POST /receipt/<token:code>/forced-review": RECEIPT,
    "POST /receipt/<token:code>/objection": RECEIPT,
    "GET /scoreboard": PUBLISHED,
    "GET /scoreboard/<token:period>": PUBLISHED,
    "GET /scoreboard/<token:period>.csv": PUBLISHED,
    "GET /scoreboard/<token:period>.json": PUBLISHED,
    "GET /signin": "the form of signing in",
    "POST /signin": "signing in; wrong tries are limited and audited",
    "GET /signin/openid": "on the way to the identity provider",
    "GET /signin/openid/back": "back from it, if this browser set out for it",
    "POST /signout": "ends one's own session",
    "GET /password": "the form of changing one's own password",
    "POST /password": "changes it for whoever knows the one before; tried within limits, audited",
    "GET /static/<digest>/<path:path>": FILES,
    "GET /v1/<path:path>": "passed on to the service that owns the address, which asks who it is",
    "POST /v1/<path:path>": "the same",
    "GET /v1/asyncapi.json": "describes the bus; holds no data",
    "GET /v1/openapi.json": "describes the addresses; holds no data",
    "GET /v1/links/<token:token>": LINK,
    "GET /v1/links/<token:token>.svg": LINK,
    "POST /v1/links/<token:token>/rating": LINK,
    "GET /v1/public/months": PUBLISHED,
    "GET /v1/public/scores/<token:period>": PUBLISHED,
    "GET /v1/public/scores/<token:period>.csv": PUBLISHED,
    "GET /v1/receipts/<token:code>": RECEIPT,
    "POST /v1/receipts/<token:code>/append": RECEIPT,
    "POST /v1/receipts/<token:code>/forced-review": RECEIPT,
    "POST /v1/receipts/<token:code>/objection": RECEIPT,
    "GET /v1/time": "the time, for a device that does not know it yet",
    "POST /v1/sign-ins": "signing in; wrong tries are limited, lock the account, and are audited",
    "POST /v1/sign-ins:begin": "where to sign in at the identity provider",
    "POST /v1/sign-ins:vouched": "what the identity provider sent back is the proof",
    "DELETE /v1/sign-ins/current": "ends the session whose token it bears",
    "POST /v1/passwords": "the password before is the proof; tried within limits, and audited",
    "POST /v1/devices:enrol": "the one-time code is the proof, 80 bits, for a day",
}
"""Every address that needs no sign-in, and why; a new one that is not here fails a test."""
NOT_SAID = "not said yet"
PRESSES = "a press has a receipt of its own, and there are millions of them"
RELAYED = "the service behind it audits"
UNAUDITED: Mapping[str, str] = {
    "POST /v1/ratings": PRESSES,
    "POST /v1/ratings:batch": PRESSES,
    "POST /v1/errands": PRESSES,
    "POST /v1/errands:batch": PRESSES,
    "POST /v1/links/<token:token>/rating": PRESSES,
    "POST /v1/receipts/<token:code>/append": PRESSES,
    "POST /v1/devices/me/heartbeat": "a device says every few minutes how it is",
    "POST /v1/what-if/<period>": "changes and keeps nothing",
    "POST /v1/<path:path>": RELAYED,
}
"""Every command of the API that is left out of the audit, and why. Denials of it are not."""
MACHINE = "whoever may start programs and read files on this machine"
BROKER = "whoever has the broker's administration"
DATABASE = "whoever has the database's administration"
FILE = "reads files only"
COMMANDS: Mapping[str, Action | str] = {
    "addresses": MACHINE,
    "audit anchors": Action.READ_AUDIT,
    "audit export": Action.READ_AUDIT,
    "audit list": Action.READ_AUDIT,
    "audit verify": Action.READ_AUDIT,
    "backup": DATABASE,
    "bench": MACHINE,
    "case anchors": Action.READ_CASES,
    "case explain": Action.READ_CASES,
    "case figures": Action.READ_CASES,
    "case verify": Action.READ_CASES,
    "demo": MACHINE,
    "deploy database": DATABASE,
    "deploy secrets": MACHINE,
    "device amqp-user": BROKER,
    "device database-users": DATABASE,
    "device definitions": FILE,
    "device mqtt-user": BROKER,
    "device partitions": BROKER,
    "device service-users": BROKER,
    "doctor": MACHINE,
    "keys list": Action.MANAGE_KEYS,
    "keys reseal": Action.MANAGE_KEYS,
    "keys retire": Action.MANAGE_KEYS,
    "keys rewrap": Action.MANAGE_KEYS,
    "keys rotate": Action.MANAGE_KEYS,
    "month check": Action.CLOSE_MONTH,
    "month close": Action.CLOSE_MONTH,
    "month compare": Action.READ_SCORES,
    "month explain": Action.READ_SCORES,
    "month export": Action.CLOSE_MONTH,
    "month import": Action.CLOSE_MONTH,
    "month imports": Action.READ_SCORES,
    "month preview": Action.READ_SCORES,
    "month publish": Action.CLOSE_MONTH,
    "month reconcile": FILE,
    "month report": Action.READ_SCORES,
    "month revise": Action.CLOSE_MONTH,
    "month what-if": Action.READ_SCORES,
    "openapi": FILE,
    "permissions": FILE,
    "quarantine discard": Action.MEND_QUARANTINE,
    "quarantine list": Action.READ_QUARANTINE,
    "quarantine replay": Action.MEND_QUARANTINE,
    "quarantine show": Action.READ_QUARANTINE,
    "rater erase": Action.ERASE_RATER,
    "replay": MACHINE,
    "restore": DATABASE,
    "selftest": Action.SUBMIT_RATING,
    "simulate": Action.MANAGE_DEVICES,
    "token issue": Action.CHANGE_REGISTRY,
    "token list": Action.CHANGE_REGISTRY,
    "token revoke": Action.CHANGE_REGISTRY,
    "up": MACHINE,
    "user add": Action.CHANGE_REGISTRY,
    "user list": Action.CHANGE_REGISTRY,
    "user lock": Action.CHANGE_REGISTRY,
    "user password": Action.CHANGE_REGISTRY,
    "user unlock": Action.CHANGE_REGISTRY,
}
"""What each command of the terminal needs: the action of its token, or what else opens it."""
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File; else standard output")]


def services() -> dict[str, type]:
    """The class of every service by its name."""
    return {
        name: getattr(import_module(f"services.{name}.service"), name.capitalize()) for name in ALL
    }


def addresses() -> list[Operation]:
    """Every address and page of every service."""
    return list(operations(services()))


def route(each: Operation) -> str:
    """How the tables here name an address."""
    return f"{each.entrypoint.method} {each.entrypoint.url}"


def document() -> str:
    """All of it as Markdown."""
    return "\n".join([*_head(), *_matrix(), *_scopes(), *_addresses(), *_public(), *_commands()])


def permissions(output: Output = None) -> None:
    """Write who may do what, where and by which address: docs/permissions.md."""
    if output is None:
        typer.echo(document(), nl=False)
    else:
        output.write_text(document(), "utf-8")


def _head() -> Iterator[str]:
    yield "# Who may do what\n"
    yield "Made by `haoping permissions -o docs/permissions.md`; a test fails when it is outdated."
    yield "Every request is checked against this table before its handler runs. A denial is an RFC"
    yield "9457 problem that says nothing about what was asked for, and stands in the audit.\n"


def _matrix() -> Iterator[str]:
    roles = list(Role)
    yield _line("action", "where", *roles)
    yield _line(*["---"] * (len(roles) + 2))
    for action, allowed in MAY.items():
        yield _line(f"`{action}`", SCOPE[action], *("●" if r in allowed else "" for r in roles))


def _scopes() -> Iterator[str]:
    yield "\n## Where\n"
    for scope, words in MEANING.items():
        yield f"- **{scope}**: {words}."
    yield "\nWhat lies elsewhere is answered like what does not exist: 404, with the same words."


def _addresses() -> Iterator[str]:
    yield "\n## By address\n"
    yield _line("address", "service", "action", "kept in the audit")
    yield _line(*["---"] * 4)
    for each in addresses():
        if action := each.entrypoint.action:
            yield _line(f"`{route(each)}`", each.service, f"`{action}`", _kept(each))


def _kept(each: Operation) -> str:
    if each.entrypoint.audited:
        return "yes"
    if each.entrypoint.method == "GET":
        return ""
    is_page = isinstance(each.entrypoint, PageEntrypoint)
    return f"no: {RELAYED if is_page else UNAUDITED.get(route(each), NOT_SAID)}"


def _public() -> Iterator[str]:
    yield "\n## What anybody may ask, and why\n"
    yield _line("address", "why")
    yield _line(*["---"] * 2)
    for name in dict.fromkeys(route(each) for each in addresses() if not each.entrypoint.action):
        yield _line(f"`{name}`", PUBLIC.get(name, NOT_SAID))


def _commands() -> Iterator[str]:
    yield "\n## By command\n"
    yield _line("command", "needs")
    yield _line(*["---"] * 2)
    for name, needs in COMMANDS.items():
        said = f"a token that may `{needs}`" if isinstance(needs, Action) else needs
        yield _line(f"`haoping {name}`", said)
    yield ""


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
