"""`haoping case`: a case's deadlines day by day, whether histories are whole, and the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, ask, at
from services.console.kept_anchors import tops
from services.contracts.anchors import Top

case_app = typer.Typer(help="Explain a deadline, verify histories, show what the numbers mean.")
console = Console()

CASES, LEDGER = "/v1/cases", "cases"
MINUTE = len("2020-03-05T17:00")
Url = Annotated[
    str | None,
    typer.Option(envvar="HAOPING_RECTIFY_URL", help="Address of rectify; that of the stack here"),
]
Id = Annotated[str, typer.Argument(help="The case, such as case-0123456789abcdef")]


def answer(token: str, url: str | None, path: str, **params: Any) -> dict[str, Any]:
    """What rectify answers."""
    told: dict[str, Any] = ask("GET", at("rectify", url), token, path, params=params).json()
    return told


@case_app.command()
def explain(id: Id, token: Token, url: Url = None) -> None:
    """Every day counted, skipped and subtracted on each clock, and the rungs still to come."""
    told = answer(token, url, f"{CASES}/{id}/deadline")
    console.print(f"{told['case']} {told['state']} · {told['rules']} · {told['basis']}")
    for name, clock in told["clocks"].items():
        show_clock(name, clock)
    for rung in told["rungs"]:
        console.print(f"{rung['at'][:MINUTE]} {rung['name']}: tells the {rung['tells']}")


def show_clock(name: str, clock: dict[str, Any]) -> None:
    """One clock of a case."""
    due = (clock["due"] or "stands still")[:MINUTE]
    term = f"{clock['term']['count']} {clock['term']['unit']}"
    table = Table("day", "counts as", "", "why", title=f"{name}: {term}, due {due}")
    for day in clock["days"]:
        hours = f"{day['minutes'] / 60:g} h" if "minutes" in day else ""
        table.add_row(day["day"], str(day["counts_as"] or hours or "—"), day["kind"], day["why"])
    console.print(table)
    sums = (f"{clock[kind]} {kind}" for kind in ("counted", "skipped", "subtracted"))
    console.print(f"  days: {', '.join(sums)}")
    for warning in clock["warnings"]:
        console.print(f"  [yellow]{warning}: weekends only; put its days into the rules[/]")


@case_app.command()
def verify(
    token: Token,
    id: Annotated[str | None, typer.Argument(help="The case; or --all")] = None,
    url: Url = None,
    every: Annotated[bool, typer.Option("--all", help="All cases in your scope")] = False,
    against: Annotated[Path | None, typer.Option(help="A file that `case anchors` wrote")] = None,
) -> None:
    """Whether histories are whole; exit 1 when a line was edited, cut out or cut off."""
    if (id is None) != every:
        raise typer.BadParameter("name either a case or --all")
    examined, broken = 0, 0
    told = (
        parts(token, url, tops(against, LEDGER, "haoping case anchors"))
        if every
        else [answer(token, url, f"{CASES}/{id}/verify")]
    )
    for each in told:
        examined += each["examined"]
        broken += len(each["broken"])
        for wrong in each["broken"]:
            console.print(f"[red]{wrong['id']}: {wrong['fault']}[/]")
    console.print(f"{examined} histories examined, {broken} not whole")
    raise typer.Exit(1 if broken else 0)


def parts(token: str, url: str | None, kept: Mapping[str, Top]) -> Iterator[dict[str, Any]]:
    """Every part of the cases, one after the other, beside the anchors that were kept."""
    part: int | None = 0
    while part is not None:
        top = kept.get(str(part))
        elsewhere = {"number": top.number, "seal": top.seal} if top else {}
        told = answer(token, url, f"{CASES}:verify", part=part, **elsewhere)
        yield told
        part = told["next"]


@case_app.command()
def anchors(
    file: Annotated[Path, typer.Argument(help="Where to write them, outside the database")],
    token: Token,
    url: Url = None,
) -> None:
    """Write the newest day's anchors to a file; `verify --all --against FILE` holds them up."""
    told = answer(token, url, f"{CASES}:anchors")
    file.write_text(json.dumps(told, indent=1))
    console.print(f"{told['day']}: {len(told['tops'])} anchors under {told['seal']}")


@case_app.command()
def figures(
    period: Annotated[str, typer.Argument(help="2020-12, 2020-Q4 or 2020")],
    token: Token,
    url: Url = None,
    unit: Annotated[str | None, typer.Option(help="A unit with all below it; else yours")] = None,
    on: Annotated[str | None, typer.Option(help="As of the end of that day, 2021-01-10")] = None,
) -> None:
    """The rates and times of the cases of a period, each with its definition."""
    named = {name: value for name, value in (("unit", unit), ("on", on)) if value}
    told = answer(token, url, f"{CASES}/figures", period=period, **named)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items())
    console.print(f"{told['period']} {told['unit']} · {told['rules']}: {told['cases']} cases")
    console.print(f"  {verdicts or 'none'}; as of {told['at'][:MINUTE]}")
    rates = Table("rate", "figure", "of", "definition", "without")
    for rate in told["rates"]:
        share = f"{rate['numerator']} ÷ {rate['denominator']}"
        printed = rate["printed"] or "无应整改"
        rates.add_row(rate["name"], printed, share, rate["definition"], rate["excludes"])
    console.print(rates)
    times = Table("time", "median h", "90 % within h", "longest h", "cases", "definition")
    for each in told["times"]:
        hours = (each["median_hours"], each["p90_hours"], each["longest_hours"])
        shown = ("—" if hour is None else f"{hour:g}" for hour in hours)
        times.add_row(each["name"], *shown, str(each["count"]), each["definition"])
    console.print(times)
