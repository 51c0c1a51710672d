"""`haoping audit`: who did what, whether the record of it is whole, and the record as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, ask, at, streamed
from services.console.kept_anchors import tops
from services.contracts.audit import LEDGER, PARTS
from services.errors import Invalid

audit_app = typer.Typer(help="Who did what: read it, verify that it is whole, take it out.")
console = Console()

REGISTRY, AUDIT = "registry", "/v1/audit"
SECOND = len("2020-03-05T04:00:00")
SILENT_S = 600
"""So long nothing may come of an export: it has no end that could be told beforehand."""
Url = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_REGISTRY_URL", help="Address of registry; that of the stack here"),
]
First = Annotated[str | None, typer.Option("--from", help="First day, 2020-03-01; else all")]
Last = Annotated[str | None, typer.Option("--to", help="Last day, 2020-03-31")]


def between(first: str | None, last: str | None) -> dict[str, str]:
    """The days as the API asks for them, in the time of this machine; the last one is whole."""
    days = {"from": first and _day(first), "to": last and _day(last)}
    wanted = {name: day for name, day in days.items() if day}
    if "to" in wanted:
        wanted["to"] += timedelta(days=1)
    midnight = datetime.min.time()
    return {n: datetime.combine(d, midnight).astimezone().isoformat() for n, d in wanted.items()}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is no day; write one like 2020-03-01") from None


@audit_app.command("list")
def list_entries(
    token: Token,
    url: Url = None,
    first: First = None,
    last: Last = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person did")] = None,
    outcome: Annotated[str | None, typer.Option(help="done, refused, denied, failed")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """The newest entries."""
    wanted = {"actor": actor, "outcome": outcome, "limit": limit, **between(first, last)}
    asked = {name: value for name, value in wanted.items() if value is not None}
    table = Table("at", "who", "what", "about", "outcome", "from", "changes")
    for each in ask("GET", at(REGISTRY, url), token, AUDIT, params=asked).json():
        about = " ".join(filter(None, (each["kind"], each["object"])))
        changed = ", ".join(change["field"] for change in each["changes"][:3])
        times = f" ×{each['count']}" if each["count"] > 1 else ""
        said = (each["actor"], each["route"], about, each["outcome"] + times, each["address"])
        table.add_row(each["at"][:SECOND], *said, changed)
    console.print(table)


@audit_app.command()
def verify(
    token: Token,
    url: Url = None,
    against: Annotated[Path | None, typer.Option(help="Anchors that `audit anchors` wrote")] = None,
) -> None:
    """Compute every chain anew and hold it against its anchors; exit code 1 if one is not whole."""
    kept = tops(against, LEDGER, "haoping audit anchors")
    broken = 0
    for part in PARTS:
        top = kept.get(part)
        elsewhere = {"anchor": top.number, "seal": top.seal} if top else {}
        examined, wrong = _examined(at(REGISTRY, url), token, part, elsewhere)
        broken += len(wrong)
        found = f"first wrong: {_said(wrong[0])}" if wrong else "whole"
        console.print(f"{part}: {examined} entries, {found}", markup=False)
        for each in wrong[1:]:
            console.print(f"  {_said(each)}", markup=False)
    raise typer.Exit(1 if broken else 0)


def _examined(
    url: str, token: str, part: str, elsewhere: dict[str, Any]
) -> tuple[int, list[dict[str, Any]]]:
    pages = list(_pages(url, token, part, elsewhere))
    return sum(each["examined"] for each in pages), [w for each in pages for w in each["wrong"]]


def _pages(url: str, token: str, part: str, elsewhere: dict[str, Any]) -> Iterator[dict[str, Any]]:
    after: int | None = 0
    while after is not None:
        asked = {"service": part, "after": after, **elsewhere}
        told: dict[str, Any] = ask("GET", url, token, f"{AUDIT}:verify", params=asked).json()
        yield told
        after = told["next"]


def _said(wrong: dict[str, Any]) -> str:
    return f"entry {wrong['number']}: {wrong['fault']}" if wrong["number"] else wrong["fault"]


@audit_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it")],
    token: Token,
    url: Url = None,
    first: First = None,
    last: Last = None,
    format: Annotated[str, typer.Option(help="csv, or json: one object on each line")] = "csv",
) -> None:
    """Write every entry of some days to a file, the oldest first; this is audited itself."""
    asked = {"format": format, **between(first, last)}
    where, path = at(REGISTRY, url), f"{AUDIT}:export"
    asking = streamed(where, token, path, SILENT_S, asked)
    with asking as answer, file.open("wb") as out:
        out.writelines(answer.iter_bytes())
    console.print(f"{file}: {file.stat().st_size:,} bytes")


@audit_app.command()
def anchors(
    file: Annotated[Path, typer.Argument(help="Where to write them, outside the database")],
    token: Token,
    url: Url = None,
) -> None:
    """Write the newest day's anchors to a file; `verify --against FILE` holds them up."""
    told = ask("GET", at(REGISTRY, url), token, f"{AUDIT}:anchors").json()
    file.write_text(json.dumps(told, indent=1))
    console.print(f"{told['day']}: {len(told['tops'])} anchors under {told['seal']}")
