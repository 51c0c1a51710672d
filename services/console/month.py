"""`haoping month`: preview, close, publish and explain a period, over the API that people use."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.console.asking import Token, ask, at

month_app = typer.Typer(help="Preview, close, publish and explain a month, quarter or year.")
console = Console()

Period = Annotated[str, typer.Argument(help="2020-12, 2020-Q4 or 2020")]
Url = Annotated[str | None, typer.Option(envvar="HAOPING_SCORE_URL", help="Address of score")]
Index = Annotated[str, typer.Option(help="Which index of config/index/")]
COMPOSITE = "haochaping-composite"


def answer(method: str, url: str | None, token: str, path: str, **options: Any) -> dict[str, Any]:
    """What score answers."""
    told: dict[str, Any] = ask(method, at("score", url), token, path, **options).json()
    return told


@month_app.command()
def preview(period: Period, token: Token, url: Url = None, index: Index = COMPOSITE) -> None:
    """The board: live while the period is open, else as closed or published."""
    show_board(answer("GET", url, token, f"/v1/scores/{period}", params={"index": index}))


@month_app.command()
def close(
    period: Period,
    token: Token,
    url: Url = None,
    accept: Annotated[list[str] | None, typer.Option(help="A check accepted as it is")] = None,
    cause: Annotated[str | None, typer.Option(help="Why a published period changes")] = None,
) -> None:
    """Take the snapshot that is published; what is not clear must be accepted by name."""
    body = {"accept": accept or [], "cause": cause}
    show_month(answer("POST", url, token, f"/v1/months/{period}:close", json=body))


@month_app.command()
def publish(period: Period, token: Token, url: Url = None) -> None:
    """Publish the closed period as an immutable revision."""
    show_month(answer("POST", url, token, f"/v1/months/{period}:publish", json={}))


@month_app.command()
def explain(
    period: Period,
    token: Token,
    url: Url = None,
    index: Index = COMPOSITE,
    unit: Annotated[str, typer.Option(help="A unit, or 'region'")] = "region",
) -> None:
    """A unit's index down to its terms and the ratings and cases behind them."""
    told = answer("GET", url, token, f"/v1/explain/{period}/{unit}", params={"index": index})
    show_line(told["result"], told["index"])
    for key, meaning in told["definitions"].items():
        console.print(f"[bold]{meaning['name']}[/] ({key}) = {meaning['definition']}")
        console.print(f"  without {meaning['excludes']}; {meaning['source']}", style="dim")
    for kind in ("bad", "invalid"):
        console.print(f"{kind} ratings: {', '.join(told['behind'][kind]) or 'none'}", markup=False)
    for case in told["behind"]["cases"]:
        console.print(f"case {case['id']}: {case['verdict']} ({case['rating_key']})", markup=False)


def show_month(month: dict[str, Any]) -> None:
    """A period's state, its checks, and the revisions published."""
    console.print(f"{month['period']}: {month['state']}, revision {month['revision']}")
    for check in month["checks"]:
        accepted = " (accepted)" if check["name"] in month["accepted"] else ""
        console.print(f"  {check['name']}: {check['found']}{accepted}")
    for each in month["published"]:
        console.print(f"  revision {each['revision']} at {each['at']} by {each['by']}")


def show_board(board: dict[str, Any]) -> None:
    """The region's terms, and the places of the units."""
    fresh = "" if board["fresh"] else " (tallies are still catching up)"
    console.print(f"{board['period']} {board['state']} · {board['rules']}{fresh}")
    show_line(board["region"], board["index"])
    table = Table("place", "unit", "score", "peers", title=board["index"]["label"])
    for line in sorted(board["units"], key=lambda each: (each["rank"] is None, each["rank"])):
        score = line["score"]["printed"] if line["score"] else "—"
        place = str(line["rank"]) if line["rank"] else "not ranked"
        table.add_row(place, line["name"], score, line["peers"] or "—")
    console.print(table)


def show_line(line: dict[str, Any], index: dict[str, Any]) -> None:
    """A unit's index with every term."""
    score = line["score"]["printed"] if line["score"] else "—"
    table = Table(title=f"{line['name']} · {index['name']} {score} / {index['of']}")
    for head in ("term", "value", "weight", "in effect", "points", "why"):
        table.add_column(head)
    for term in line["terms"]:
        figures = (term["value"], term["weight"], term["effective_weight"])
        table.add_row(term["name"], *figures, term["points"]["printed"], term["why"] or "")
    console.print(table)
