"""`make faults`: rounds of faults against a whole town; exit 1 if something is lost or doubled."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.console.stack.stopping import stop_when_asked
from tests.faults.broken import BROKEN
from tests.faults.faults import EVERY, IN_A_CLUSTER
from tests.faults.rounds import Bench, Outcome, drawn
from tests.faults.town import town

MOST_NAMED, NODES = 12, 3
Names = Annotated[list[str] | None, typer.Argument(help=f"Which faults: {', '.join(EVERY)}")]
Rounds = Annotated[int, typer.Option(min=1, help="How many, drawn from the seed, unless named")]
Seed = Annotated[int | None, typer.Option(help="The seed that a failing run has printed")]
Broken = Annotated[str, typer.Option(help=f"Put a mistake in: {', '.join(BROKEN)}")]


def main(names: Names = None, rounds: Rounds = 20, seed: Seed = None, broken: Broken = "") -> None:
    """Break things while a crowd presses, and compare what was confirmed with what is kept."""
    _demand_known("fault", names or (), EVERY)
    _demand_known("mistake", [broken] if broken else (), BROKEN)
    stop_when_asked()
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    chosen, console = names or drawn(rounds, seed), Console(stderr=True)
    console.print(f"seed {seed}: {len(chosen)} rounds")
    outcomes, goodbyes = list[Outcome](), dict[str, float]()
    for nodes, these in _towns(chosen):
        with (
            tempfile.TemporaryDirectory(prefix="faults") as folder,
            town(Path(folder), broken, nodes) as made,
        ):
            bench = Bench(made, seed, mistaken=bool(broken))
            bench.begin()
            outcomes += _told(console, bench.rounds(these))
            goodbyes |= made.goodbyes
    show(Console(), outcomes, goodbyes)
    sys.exit(any(each.wrong for each in outcomes))


def _towns(chosen: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """How many nodes the broker has in a town, and the faults that are struck there."""
    for nodes, there in ((1, False), (NODES, True)):
        if these := [name for name in chosen if (name in IN_A_CLUSTER) is there]:
            yield nodes, these


def _told(console: Console, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        console.print(_line(outcome), markup=False)
        for each in outcome.wrong[:MOST_NAMED]:
            console.print(f"  {each}", markup=False)
        yield outcome


def _demand_known(kind: str, named: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(named) - set(known)):
        raise typer.BadParameter(
            f"no {kind} is called {unknown[0]!r}; there are {', '.join(known)}"
        )


def _line(outcome: Outcome) -> str:
    verdict = f"{len(outcome.wrong)} complaints" if outcome.wrong else "nothing lost, nothing twice"
    return f"{time.strftime('%H:%M:%S')} {outcome.fault}: {outcome.confirmed} confirmed, {verdict}"


def show(console: Console, outcomes: list[Outcome], goodbyes: Mapping[str, float]) -> None:
    """One row for each kind of fault."""
    heads = ("rounds", "confirmed", "lost", "doubled", "other", "longest gap s", "recovery s")
    table = Table("fault", *heads, box=None)
    for name in dict.fromkeys(each.fault for each in outcomes):
        own = [each for each in outcomes if each.fault == name]
        lost, doubled = (sum(each.count(kind) for each in own) for kind in ("lost", "doubled"))
        others = sum(len(each.wrong) for each in own) - lost - doubled
        confirmed = sum(each.confirmed for each in own)
        longest, recovery = max(e.gap_s for e in own), max(e.recovery_s for e in own)
        figures = (len(own), confirmed, lost, doubled, others, f"{longest:.1f}", f"{recovery:.1f}")
        table.add_row(name, *map(str, figures))
    console.print(table)
    for name, seconds in sorted(goodbyes.items()):
        console.print(f"{name} was asked to stop, and had ended after {seconds:.1f} s at most")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
