"""`haoping month`: close, publish, revise and explain a period, over the API that people use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.asking import Token, ask, at
from services.console.month.showing import (
    console,
    show_audit,
    show_board,
    show_line,
    show_month,
    show_side_by_side,
)
from services.contracts.vocabulary import COMPOSITE

month_app = typer.Typer(help="Close, publish, revise and explain a month, quarter or year.")

Period = Annotated[str, typer.Argument(help="2020-12, 2020-Q4 or 2020")]
Url = Annotated[str | None, typer.Option(envvar="HAOPING_SCORE_URL", help="Address of score")]
Index = Annotated[str, typer.Option(help="Which index of config/index/")]


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
def revise(
    period: Period,
    token: Token,
    cause: Annotated[str, typer.Option(help="Why the published figures change")],
    url: Url = None,
    accept: Annotated[list[str] | None, typer.Option(help="A check accepted as it is")] = None,
) -> None:
    """Publish a period that was published once more, with the difference and cause of each unit."""
    body = {"accept": accept or [], "cause": cause}
    show_month(answer("POST", url, token, f"/v1/months/{period}:revise", json=body))


@month_app.command()
def compare(
    period: Period,
    token: Token,
    url: Url = None,
    index: Index = COMPOSITE,
    other: Annotated[
        str, typer.Option("--with", help="A period, or 2026-10@1; else the last")
    ] = "",
    unit: Annotated[str, typer.Option(help="Split the change of this unit over its terms")] = "",
) -> None:
    """Two periods or revisions side by side: why each unit moved."""
    asked = {"index": index, **({"with": other} if other else {})}
    told = answer("GET", url, token, f"/v1/compare/{period}", params=asked)
    show_side_by_side(told, unit or None)


@month_app.command("what-if")
def what_if(
    period: Period,
    token: Token,
    url: Url = None,
    index: Index = COMPOSITE,
    rules: Annotated[str, typer.Option(help="The rules of config/rules/NAME.yaml")] = "",
    other_index: Annotated[str, typer.Option(help="Another index of config/index/")] = "",
    index_file: Annotated[Path | None, typer.Option(help="A recipe to try", exists=True)] = None,
    unit: Annotated[str, typer.Option(help="Split the change of this unit over its terms")] = "",
) -> None:
    """The same period under other rules or another index; nothing is kept."""
    recipe = index_file.read_text("utf-8") if index_file else None
    supposed = {"rules": rules or None, "other": other_index or None, "recipe": recipe}
    body = {"index": index, **supposed}
    told = answer("POST", url, token, f"/v1/what-if/{period}", json=body)
    show_side_by_side(told, unit or None)
    for each in told["not_recounted"]:
        console.print(f"{each['rule']} is not supposed: {each['why']}", style="yellow")


@month_app.command()
def check(
    period: Annotated[str, typer.Argument(help="First day and last day, as 2026-10-01/2026-10-31")],
    token: Token,
    url: Url = None,
) -> None:
    """Recount every tally of these days now, tell what differed and repair it."""
    first, _, last = period.partition("/")
    body = {"first": first, "last": last or first}
    show_audit(answer("POST", url, token, "/v1/tallies:check", json=body))


@month_app.command()
def explain(
    period: Period,
    token: Token,
    url: Url = None,
    index: Index = COMPOSITE,
    unit: Annotated[str, typer.Option(help="A unit, or 'region'")] = "region",
    figure: Annotated[str, typer.Option(help="Every id behind this figure")] = "",
) -> None:
    """A unit's index down to its terms and the ratings and cases behind them."""
    if figure:
        show_proof(url, token, f"/v1/explain/{period}/{unit}/{figure}", index)
        return
    told = answer("GET", url, token, f"/v1/explain/{period}/{unit}", params={"index": index})
    show_line(told["result"], told["index"])
    for key, meaning in told["definitions"].items():
        console.print(f"[bold]{meaning['name']}[/] ({key}) = {meaning['definition']}")
        console.print(f"  without {meaning['excludes']}; {meaning['source']}", style="dim")
    for kind in ("bad", "invalid"):
        console.print(f"{kind} ratings: {', '.join(told['behind'][kind]) or 'none'}", markup=False)
    for case in told["behind"]["cases"]:
        console.print(f"case {case['id']}: {case['verdict']} ({case['rating_key']})", markup=False)


def show_proof(url: str | None, token: str, path: str, index: str) -> None:
    """Every id that a figure is counted from, and the figure counted again from them alone."""
    cursor: str | None = ""
    while cursor is not None:
        asked = {"index": index, **({"cursor": cursor} if cursor else {})}
        page = answer("GET", url, token, path, params=asked)
        for each in (*page["entries"], *page["left_out"]):
            counted = f"{each['numerator']}/{each['denominator']}"
            console.print(each["id"], each["left_out"] or counted, markup=False, soft_wrap=True)
        cursor = page["next"]
    again = answer("GET", url, token, path, params={"index": index, "again": True})
    agrees = "the same" if again["agrees"] else "NOT the same"
    once, twice = again["figure"], again["again"]
    console.print(f"{once['name']} {once['printed']} = {once['numerator']} ÷ {once['denominator']}")
    console.print(f"counted again from these alone: {twice['printed']}, {agrees}")
