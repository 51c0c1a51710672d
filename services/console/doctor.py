"""`haoping doctor`: what is found, reachable, running and wrong, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.console.examination import examine
from services.console.findings import Finding, Verdict
from services.console.stack.layout import Layout

COLOURS = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "red"}
State = Annotated[
    Path | None, typer.Option(help="Folder of the stack; HAOPING_STATE or .haoping by default.")
]

FixHints = Annotated[
    bool,
    typer.Option("--fix-hints", help="Below it the commands that put each finding right, to copy."),
]


def doctor(state: State = None, fix_hints: FixHints = False) -> None:
    """Tell what is found, reachable, running and wrong; exit code 1 if something is wrong."""
    findings = examine(os.environ, Layout.of(state))
    Console().print(_table(findings))
    if fix_hints:
        for line in hints(findings):
            typer.echo(line)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


def hints(findings: Iterable[Finding]) -> Iterator[str]:
    """Lines for a shell: what was found as a comment, then the commands that put it right."""
    for each in findings:
        if each.fix:
            said = " ".join(each.words.split())
            yield from ("", f"# {each.what}: {said}", *each.fix)


def _table(findings: list[Finding]) -> Table:
    table = Table("", "What", "How it is", title="haoping doctor", title_justify="left")
    for finding in findings:
        colour = COLOURS[finding.verdict]
        mark = f"[{colour}]{finding.verdict.value}[/{colour}]"
        table.add_row(mark, escape(finding.what), escape(finding.words))
    return table
