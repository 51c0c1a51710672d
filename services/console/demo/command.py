"""`haoping demo`: the whole story on a stack of its own; exit 0 only if everything reconciles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from services.console.demo import plan, published, reckon, reconcile, report
from services.console.demo.client import ADMINISTRATOR, Api
from services.console.demo.county import County, build
from services.console.demo.edge import Senders
from services.console.demo.narrator import Narrator, console
from services.console.demo.reconcile import Check, Told
from services.console.demo.recount import Recount, read
from services.console.demo.rules import PLACE, levels_in_force, tags
from services.console.demo.sabotage import Sabotage, tamper
from services.console.demo.stage import DATABASE, on_stage
from services.console.demo.story import SIGNING_IN, Story, register
from services.console.demo.telling import for_machines, listen
from services.console.stack.layout import default_state
from services.score.tally import mean_points

GUANGDONG = ("广东省", "2021-01")
Presses = Annotated[
    int | None, typer.Option(min=200, help="A smaller year: so many presses instead of 24,793.")
]
Tampering = Annotated[
    Sabotage | None, typer.Option(help="Tamper with the database, to see that it is caught.")
]


@dataclass(frozen=True)
class Ending:
    """What was found at the end, by the three paths."""

    expected: plan.Expected
    found: Recount
    told: Told

    def checks(self, full: bool) -> Iterator[Check]:
        """Everything that must agree; in full, with what the county published."""
        yield from reconcile.arrivals(self.expected, self.found, self.told)
        yield from reconcile.quality(self.expected, self.found, self.told)
        yield from reconcile.scores(self.found, self.told, reckon.open_book())
        if full:
            shares = published.PRINTED_SHARES
            yield from reconcile.published_shares(self.found, self.told, shares)
            yield from reconcile.published_good_rate(self.found, self.told)


def demo(presses: Presses = None, sabotage: Tampering = None) -> None:
    """The whole story: the published year of 渭源, captured, rectified, scored, counted again."""
    narrator, county = Narrator(console()), build()
    channels = published.weiyuan_channels()
    if presses:
        channels = published.apportioned(channels, presses)
    year = plan.draw(county, tags(), channels)
    ending = perform(default_state() / "demo", county, year, narrator, sabotage)
    checks = list(ending.checks(full=not presses))
    _print(narrator, ending, county, checks, full=not presses)
    file = default_state() / "demo.json"
    figures = for_machines(ending.found, ending.told.refused, checks, narrator.seconds)
    file.write_text(json.dumps(figures, ensure_ascii=False, indent=2), "utf-8")
    narrator.say(f"Figures for machines: {file}")
    raise typer.Exit(0 if figures["reconciled"] else 1)


def perform(
    state: Path, county: County, year: plan.Plan, narrator: Narrator, sabotage: Sabotage | None
) -> Ending:
    """Start a stack, live through the year, count again, and leave nothing running."""
    with on_stage(state, PLACE, narrator) as stack:
        tokens = {**county.tokens, ADMINISTRATOR: stack.admin_token}
        with Api(stack.url, tokens) as api:
            register(api, county.directory, *SIGNING_IN)
            senders = Senders(api)
            names = {office.id: office.name for office in county.offices}
            story = Story(api, senders, year, names, narrator)
            story.tell()
            if sabotage:
                narrator.say(tamper(stack.mongo_uri, DATABASE, sabotage))
            story.close()
            with narrator.phase("counting again"):
                told = listen(api, senders)
                cut_off = datetime.fromisoformat(told.scores["cut_off"])
                found = read(stack.mongo_uri, DATABASE, cut_off)
    return Ending(plan.expected(year), found, told)


def _print(
    narrator: Narrator, ending: Ending, county: County, checks: list[Check], full: bool
) -> None:
    report.show(narrator.out, ending.found, ending.told.refused, county, full)
    narrator.say(f"\n{_guangdong()}")
    report.spent(narrator.out, narrator.seconds)
    report.verdict(narrator.out, checks)


def _guangdong() -> str:
    counts = published.levels(*GUANGDONG)
    mean = mean_points(counts, levels_in_force().points)
    together = f"{sum(counts.values()):,}"
    said = f"{float(mean):.4f} by the function that scores months"
    return f"{' '.join(GUANGDONG)}, {together} published ratings: level mean {said}."
