"""`haoping month import|imports|report|export|reconcile`: figures as files, in and out."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from services.adapters.settings import ROOT
from services.console.asking import Token, ask, at
from services.console.month.command import Index, Period, Url, answer, month_app
from services.console.month.showing import console, show_imports
from services.contracts.vocabulary import COMPOSITE, Level
from services.errors import HaopingError
from services.score.reconcile import Published, reconcile
from services.score.sheets import CSV, XLSX

KINDS = {".csv": CSV, ".tsv": CSV, ".txt": CSV, ".xlsx": XLSX}
Out = Annotated[Path | None, typer.Option(help="Where to write it")]


class UnknownKind(HaopingError):
    """Only .csv and .xlsx files can be imported; save the table as one of them."""


@month_app.command("import")
def import_figures(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx table", exists=True)],
    token: Token,
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4 or 2026")],
    source: Annotated[str, typer.Option(help="The document or system that the figures are from")],
    url: Url = None,
) -> None:
    """Import figures that other systems count; one wrong row and nothing is imported."""
    if file.suffix.lower() not in KINDS:
        raise UnknownKind
    told = ask(
        "POST",
        at("score", url),
        token,
        "/v1/imports",
        params={"period": period, "source": source},
        content=file.read_bytes(),
        type=KINDS[file.suffix.lower()],
    ).json()
    console.print(f"{told['id']}: {told['rows']} rows, {told['in_force']} in force")


@month_app.command()
def imports(period: Period, token: Token, url: Url = None) -> None:
    """What was imported for a period, what is missing, and the history."""
    show_imports(answer("GET", url, token, f"/v1/imports/{period}"))


@month_app.command()
def report(
    period: Period,
    token: Token,
    url: Url = None,
    index: Index = COMPOSITE,
    format: Annotated[str, typer.Option(help="xlsx, html to print, csv or json")] = "xlsx",
    out: Out = None,
) -> None:
    """The board as a file: XLSX with definitions, HTML to print, CSV or JSON."""
    asked = {"index": index, "format": format}
    _write(f"/v1/reports/{period}", asked, url, token, out or Path(f"{period}-{index}.{format}"))


@month_app.command()
def export(
    period: Period,
    token: Token,
    url: Url = None,
    form: Annotated[str, typer.Option(help="national or gbt39046")] = "national",
    out: Out = None,
) -> None:
    """Every rating in the national reporting fields, or in the form of GB/T 39046 table 9."""
    asked = {"form": form}
    _write(f"/v1/exports/{period}", asked, url, token, out or Path(f"{period}-{form}.csv"))


def _write(path: str, asked: dict[str, str], url: str | None, token: str, out: Path) -> None:
    body = ask("GET", at("score", url), token, path, params=asked).content
    out.write_bytes(body)
    console.print(f"{out} ({len(body):,} bytes)", markup=False)


@month_app.command("reconcile")
def reconcile_published(
    file: Annotated[Path, typer.Argument(help="place,month,field,value,source", exists=True)],
    rules: Annotated[str, typer.Option(help="Points by level: config/rules/NAME.yaml")] = "weiyuan",
) -> None:
    """Hold published months against each other: sums, shares, means, and what does not agree."""
    points = _points(rules)
    months: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with file.open(encoding="utf-8-sig") as rows:
        for row in csv.DictReader(rows):
            months[row["place"], row["month"]].append(row)
    table = Table("place", "period", "what", "published", "computed", "agrees")
    for (place, month), rows_of in months.items():
        for each in reconcile(Published.of(rows_of), points):
            agrees = "yes" if each.agrees else "[red]NO[/]"
            table.add_row(place, month, each.what, each.published, each.computed, agrees)
    console.print(table)


def _points(rules: str) -> dict[Level, int]:
    text = (ROOT / "config" / "rules" / f"{rules}.yaml").read_text("utf-8")
    told: dict[str, Any] = yaml.safe_load(text)
    return {Level(int(level)): points for level, points in told["levels"]["points"].items()}
